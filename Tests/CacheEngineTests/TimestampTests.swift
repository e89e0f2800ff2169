// Tests the arithmetic of moments.

import Testing

@testable import CacheEngine

@Suite struct TimestampTests {
    @Test("A moment plus a span is the later moment")
    func addition() {
        let moment = Timestamp(nanoseconds: 5) + .milliseconds(2)
        #expect(moment.nanoseconds == 2_000_005)
        #expect(moment - .milliseconds(2) == Timestamp(nanoseconds: 5))
        #expect(moment - Timestamp(nanoseconds: 5) == .milliseconds(2))
    }

    @Test("A span too long to tell ends at never, and never stays never")
    func saturation() {
        let now = Timestamp(nanoseconds: 1_000)
        #expect(now + .seconds(Int64.max) == .never)
        #expect(now + .nanoseconds(Int64.max) == .never)
        #expect(now + .seconds(10_000_000_000) == .never)
        #expect(Timestamp.never - .seconds(5) == .never)
        #expect(Timestamp(nanoseconds: .min) - .seconds(1) == Timestamp(nanoseconds: .min))
        #expect(now - .seconds(Int64.max) < Timestamp(nanoseconds: 0))
    }
}
