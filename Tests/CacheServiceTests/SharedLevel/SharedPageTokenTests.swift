// The token of a page over two levels: what it writes and what it refuses; pure.

import RedisClient
import Testing

@testable import CacheService

@Suite struct SharedPageTokenTests {
    @Test(arguments: [
        SharedPageToken(pattern: 0, pool: 0, cursor: nil),
        SharedPageToken(pattern: .max, pool: 7, cursor: StoreCursor(shard: .max, position: 1)),
        SharedPageToken(
            pattern: 5, pool: 1, cursor: nil, carried: [Array("a:ü".utf8), [0x2D, 0x2E]]),
    ])
    func readsWhatItWrites(_ token: SharedPageToken) {
        #expect(SharedPageToken(token.text) == token)
    }

    @Test(arguments: [
        "", "2", "1-0-0---", "2-0-0--", "2-0-0-1--", "2-0-0---abc", "2-0-0---zz", "2-0-0---61.",
        "2-0-0---.61", "2-00000000000000000-0---", "2-0-10000---", "2-0-0---6G",
    ])
    func refusesWhatIsNone(_ text: String) {
        #expect(SharedPageToken(text) == nil)
    }

    @Test func refusesWhatIsTooLong() {
        let most = [[UInt8]](
            repeating: [UInt8](repeating: 0x61, count: ServiceLimits.keyBytes),
            count: SharedPageToken.maxCarried)
        let token = SharedPageToken(pattern: 1, pool: 0, cursor: nil, carried: most)
        #expect(SharedPageToken(token.text) == token)
        let longer = SharedPageToken(pattern: 1, pool: 0, cursor: nil, carried: most + [[0x61]])
        #expect(SharedPageToken(longer.text + longer.text) == nil)
    }
}
