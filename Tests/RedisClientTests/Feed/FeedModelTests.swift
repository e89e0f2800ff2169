// Random histories, held against what the feed tells of them.

import Testing

@testable import RedisClient

@Suite("The feed of a partition, whatever the server and the connection do,")
struct FeedModelTests {
    @Test("tells every change once and in order, or a reset in between", arguments: 1...60)
    func everything(seed: UInt64) {
        var model = FeedModel(seed: seed)
        model.run(steps: 4_000)
        #expect(model.eventsTold > 300)
        #expect(model.resets > 3)
        #expect(model.gaps > 10)
    }
}
