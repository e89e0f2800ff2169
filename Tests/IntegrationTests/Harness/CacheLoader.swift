// Fills a server with many entries at once, over the client library; any task.

import CacheManagerClient

extension ServerProcess {
    /// A client with far more patience than a call takes, even among other tests under a sanitizer.
    func client() throws -> CacheClient {
        var configuration = CacheClient.Configuration(servers: [address])
        configuration.timeout = .seconds(600)
        configuration.connectTimeout = .seconds(60)
        return try CacheClient(configuration)
    }
}

enum CacheLoader {
    /// Writes the same value under every key.
    static func fill(_ server: ServerProcess, keys: [String], value: [UInt8]) async throws {
        let cache = try server.client()
        for item in try await cache.set(all: keys.map { NewEntry(key: $0, value: value) }) {
            _ = try item.get()
        }
        await cache.close()
    }
}
