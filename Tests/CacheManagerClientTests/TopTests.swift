// What is used most, as the library tells it.

import Messages
import Testing

@testable import CacheManagerClient

@Suite struct TopTests {
    @Test("it is told when it was asked for, and what is too much is refused")
    func asked() async throws {
        try await LiveServer.run { _, cache in
            try await cache.set("user:1", [1])
            _ = try await cache.get("user:2")
            for _ in 0..<3 { _ = try await cache.get("user:1") }
            #expect(try await cache.stats().top == nil)
            let top = try #require(try await cache.stats(top: 5).top)
            #expect(top.hottestKeys.map(\.key) == ["user:1"] && top.hottestKeys[0].share == 0.75)
            #expect(top.missedPrefixes.map(\.prefix) == ["user:"])
            #expect(top.missedPrefixes.map(\.missRate) == [0.25])
            #expect(top.largestEntries.map(\.key) == ["user:1"])
            let error = await #expect(throws: CacheError.self) { try await cache.stats(top: 101) }
            #expect(error?.code == .invalidArgument && error?.reason == "INVALID_TOP")
        }
    }

    @Test("numbers that are none come as zero, for JSON has no others")
    func notFinite() {
        var key = HotKey()
        key.readsPerSecond = .infinity
        key.share = .nan
        var prefix = MissedPrefix()
        prefix.missRate = -.infinity
        var message = TopStats()
        message.hottestKeys = [key]
        message.missedPrefixes = [prefix]
        let top = CacheStats.Top(message)
        #expect(top.hottestKeys == [.init(key: "", readsPerSecond: 0, share: 0)])
        #expect(
            top.missedPrefixes == [
                .init(prefix: "", missesPerSecond: 0, missRate: 0, share: 0)
            ])
    }
}
