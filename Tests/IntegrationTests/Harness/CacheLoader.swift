// Fills a server with many entries at once, over the client library; any task.

import CacheManagerClient

enum CacheLoader {
    /// Far more than a call takes, even on a machine that is busy with other tests.
    private static let patience = Duration.seconds(30)

    /// Writes the same value under every key.
    static func fill(_ server: ServerProcess, keys: [String], value: [UInt8]) async throws {
        var cache = try CacheClient(server.address)
        cache.timeout = patience
        for item in try await cache.set(all: keys.map { NewEntry(key: $0, value: value) }) {
            _ = try item.get()
        }
        await cache.close()
    }
}
