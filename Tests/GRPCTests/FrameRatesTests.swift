// How often a peer may do what costs more than it helps, with the time passed in.

import NIOCore
import Testing

@testable import GRPC

@Suite struct FrameRatesTests {
    private func second(_ count: UInt64) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000 * (100 + count))
    }

    private func rates() -> FrameRates {
        var limits = ServerLimits()
        limits.resetsPerSecond = 10
        limits.streamErrorsPerSecond = 2
        limits.controlFramesPerSecond = 100
        return FrameRates(limits)
    }

    @Test("ten seconds' worth may come at once, and then as much a second")
    func burst() {
        var limit = RateLimit(perSecond: 10)
        let whole = limit.take(100, now: second(0))
        let more = limit.take(1, now: second(0))
        #expect(whole && !more)
        var patient = RateLimit(perSecond: 10)
        _ = patient.take(100, now: second(0))
        for count in 1..<100 {
            let taken = patient.take(10, now: second(UInt64(count)))
            #expect(taken)
        }
        let tooMuch = patient.take(11, now: second(100))
        #expect(!tooMuch)
        // A pause earns no more than the burst, and a clock that stands still earns nothing.
        var idle = RateLimit(perSecond: 10)
        _ = idle.take(1, now: second(0))
        let afterPause = idle.take(101, now: second(9_999))
        #expect(!afterPause)
    }

    @Test("each kind of frame has its own limit")
    func kinds() {
        var counts = FrameCounts()
        counts.resets = 101
        var (first, second, third) = (rates(), rates(), rates())
        #expect(first.judge(counts, now: self.second(0)) == .tooManyResets)
        counts = FrameCounts()
        counts.streamErrors = 21
        #expect(second.judge(counts, now: self.second(0)) == .tooManyStreamErrors)
        counts = FrameCounts()
        counts.control = 1_001
        #expect(third.judge(counts, now: self.second(0)) == .controlFlood)
        var honest = rates()
        counts.resets = 100
        counts.streamErrors = 20
        counts.control = 1_000
        #expect(honest.judge(counts, now: self.second(0)) == nil)
    }

    @Test("what is sent to a peer entitles it to window updates and a ping, saved up to the burst")
    func credit() {
        var rates = rates()
        var counts = FrameCounts()
        counts.sent = 1_000
        counts.control = 12_000
        for _ in 0..<100 { #expect(rates.judge(counts, now: second(0)) == nil) }
        counts.sent = 1_000_000
        counts.control = 0
        #expect(rates.judge(counts, now: second(0)) == nil)
        counts.sent = 0
        counts.control = 1_001
        #expect(rates.judge(counts, now: second(0)) == .controlFlood)
    }

    @Test("only resets that the peer provoked count as errors")
    func provoked() {
        var counts = FrameCounts()
        let own: [HTTP2ErrorCode] = [.noError, .cancel, .refusedStream]
        for code in own { counts.resetSent(code.rawValue) }
        #expect(!counts.isNotable)
        let provoked: [HTTP2ErrorCode] = [.protocolError, .flowControlError, .streamClosed]
        for code in provoked { counts.resetSent(code.rawValue) }
        counts.resetSent(0x7777)
        #expect(counts.streamErrors == 4)
    }

    @Test("frames with a request in them do not count, and answered ones count as ten")
    func frames() {
        typealias Kind = RawPeer.FrameType
        func count(_ type: UInt8, length: Int, flags: UInt8 = 0) -> FrameCounts {
            var counts = FrameCounts()
            counts.began(FrameHead(length: length, type: type, flags: flags, stream: 1))
            return counts
        }
        #expect(!count(Kind.data, length: 1).isNotable)
        #expect(!count(Kind.data, length: 0, flags: 1).isNotable)
        #expect(count(Kind.data, length: 0).control == 1)
        #expect(count(Kind.data, length: 256, flags: 8).control == 1)
        #expect(count(Kind.ping, length: 8).control == 10)
        #expect(count(Kind.settings, length: 0).control == 10)
        #expect(count(Kind.windowUpdate, length: 4).control == 1)
        #expect(count(Kind.reset, length: 4).resets == 1)
        var headers = count(Kind.headers, length: 1)
        #expect(headers.streamErrors == 1)
        headers.headersHaveStream()
        #expect(!headers.isNotable)
    }
}
