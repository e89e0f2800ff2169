// How long a call waits for the shared level; pure.

import NIOCore
import Testing

@testable import CacheService

@Suite struct SharedConfigurationTests {
    private static let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test(
        "a call stops waiting before its caller does",
        arguments: [
            (nil, 5_000), (60_000, 5_000), (5_000, 4_900), (1_000, 900), (100, 90), (0, 0),
            (-50, -50),
        ] as [(Int64?, Int64)])
    func deadline(call: Int64?, step: Int64) {
        let deadline = SharedConfiguration().deadline(
            call.map { Self.now + .milliseconds($0) }, now: Self.now)
        #expect(deadline - Self.now == .milliseconds(step))
    }
}
