// Compressed values over two levels: what is sent, what is kept, and what hostile bytes do.

import CacheManagerClient
import Testing

@testable import CacheService

@Suite(.realServers) struct SharedCompressionTests {
    private static let value = [UInt8](repeating: 7, count: 100_000)

    /// How many bytes the server has under the key.
    private static func storedBytes(_ key: String, _ server: RedisServer) throws -> Int {
        let name = try server.cli("KEYS", "*:e:\(key)")
        return try #require(Int(server.cli("STRLEN", name)))
    }

    @Test("the servers and every instance's memory hold the bytes that the writer compressed")
    func sharing() async throws {
        try await withInstances(2) { instances, servers in
            let (a, b) = (instances[0], instances[1])
            try await a.cache.set("k", Self.value)
            #expect(try Self.storedBytes("k", servers[0]) < 2_000)
            for mode in [CacheClient.ReadMode.any, .any, .skipL1] {
                #expect(try await b.cache.get("k", mode: mode)?.value == Self.value)
            }
            #expect(try await a.cache.get("k")?.source == .l1)
            for instance in [a, b] {
                let stats = try await instance.cache.stats()
                #expect(stats.totals.l1Size == 1 && stats.totals.l1Bytes < 2_000)
            }
            let batch = try await b.cache.get(all: ["none", "k"], mode: .skipL1)
            #expect(try batch.map { try $0.get()?.value } == [nil, Self.value])
        }
    }

    @Test("a block that is spoilt is a counted miss, however it is read, and can be overwritten")
    func hostile() async throws {
        try await withInstances(2) { instances, servers in
            let (writer, reader) = (instances[0], instances[1])
            // The envelope's head has 56 bytes, then there is the size, then the block.
            let spoilers: [(offset: Int, bytes: String)] = [
                (56, "\u{1}"), (58, "\u{7}"), (59, "\u{7F}"), (60, "\u{7F}\u{7F}\u{7F}"),
                (62, "\u{7F}"),
            ]
            for (index, spoiler) in spoilers.enumerated() {
                let key = "k\(index)"
                try await writer.cache.set(key, Self.value)
                _ = try servers[0].cli(
                    "SETRANGE", servers[0].cli("KEYS", "*:e:\(key)"), String(spoiler.offset),
                    spoiler.bytes)
                #expect(try await reader.cache.get(key) == nil, "\(spoiler)")
                #expect(try await reader.cache.get(key, mode: .skipL1) == nil, "\(spoiler)")
                let foreign = try await reader.cache.stats().shared?.foreignEntries
                #expect(foreign == UInt64(2 * (index + 1)))
                try await reader.cache.set(key, Self.value)
                #expect(try await reader.cache.get(key, mode: .skipL1)?.value == Self.value)
            }
            let counters = reader.counters
            #expect(counters.l2Misses == 2 * UInt64(spoilers.count))
            #expect(counters.misses == counters.l2Misses)
        }
    }

    @Test("a write that waits is read before it is sent, and sent compressed")
    func writeBehind() async throws {
        let adjust: (inout SharedConfiguration) -> Void = { $0.standard.writes = .async }
        try await withInstances(2, adjust) { instances, servers in
            try await instances[0].cache.set("k", Self.value)
            #expect(try await instances[0].cache.get("k")?.value == Self.value)
            try await eventually {
                try await instances[1].cache.get("k")?.value == Self.value
            }
            #expect(try Self.storedBytes("k", servers[0]) < 2_000)
        }
    }
}
