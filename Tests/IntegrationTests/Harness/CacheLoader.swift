// Fills a server with many entries at once, over the client half of the GRPC target; any task.

import GRPC
import Messages
import NIOPosix

enum CacheLoader {
    private static let batchKeys = 1_000

    /// Writes the same value under every key.
    static func fill(_ server: ServerProcess, keys: [String], value: [UInt8]) async throws {
        let connection = try await ClientConnection.connect(
            host: "127.0.0.1", port: server.port, group: MultiThreadedEventLoopGroup.singleton)
        var rest = keys[...]
        while !rest.isEmpty {
            let request = encode(rest.prefix(batchKeys), value)
            _ = try await connection.unary("/cachemanager.v1.Cache/SetMulti", request)
            rest = rest.dropFirst(batchKeys)
        }
        await connection.close()
    }

    private static func encode(_ keys: some Sequence<String>, _ value: [UInt8]) -> [UInt8] {
        let arena = MessageArena()
        let bytes = arena.copy(value)
        var request = SetMultiRequest()
        request.entries = keys.map { key in
            var entry = SetRequest()
            entry.key = arena.copy(key)
            entry.value = bytes
            return entry
        }
        return request.encoded(in: arena)
    }
}
