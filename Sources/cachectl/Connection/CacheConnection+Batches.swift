// The calls about many entries at once; any task.

import GRPC
import Messages

extension CacheConnection {
    /// The most keys that are put into one call.
    static let batchKeys = 1_000

    /// Reads entries and hands their answers on in the order of the keys. What did not fit into
    /// one reply is asked for again.
    func getAll(
        _ keys: [String], mode: ReadMode,
        _ receive: (BatchItem<EntryAnswer>) throws(CommandFailure) -> Void
    ) async throws(CommandFailure) {
        var rest = keys[...]
        while !rest.isEmpty {
            let items = try await getMulti(Array(rest.prefix(Self.batchKeys)), mode: mode)
            // A reply that is full refuses all keys from some key on; a key that is refused
            // first, alone in its reply, stays refused.
            let taken = items.dropFirst().firstIndex(where: \.isFull) ?? items.endIndex
            for item in items[..<taken] { try receive(item) }
            rest = rest.dropFirst(max(taken, 1))
        }
    }

    private func getMulti(
        _ keys: [String], mode: ReadMode
    ) async throws(CommandFailure) -> [BatchItem<EntryAnswer>] {
        try await call(CacheMethod.getMulti) { arena in
            var request = GetMultiRequest()
            request.keys = keys.map(arena.copy)
            request.mode = mode
            return request
        } _: { (response: GetMultiResponse) in
            zip(keys, response.results).map { key, result in
                BatchItem<EntryAnswer>.refusal(result.status, key: key).map(BatchItem.failure)
                    ?? .answer(EntryAnswer(key: key, result.entry ?? GetResponse()))
            }
        }
    }

    /// Removes entries and hands their answers on in the order of the keys.
    func deleteAll(
        _ keys: [String], _ receive: (BatchItem<DeleteAnswer>) throws(CommandFailure) -> Void
    ) async throws(CommandFailure) {
        var rest = keys[...]
        while !rest.isEmpty {
            for item in try await deleteMulti(Array(rest.prefix(Self.batchKeys))) {
                try receive(item)
            }
            rest = rest.dropFirst(Self.batchKeys)
        }
    }

    private func deleteMulti(
        _ keys: [String]
    ) async throws(CommandFailure) -> [BatchItem<DeleteAnswer>] {
        try await call(CacheMethod.deleteMulti) { arena in
            var request = DeleteMultiRequest()
            request.keys = keys.map(arena.copy)
            return request
        } _: { (response: DeleteMultiResponse) in
            zip(keys, response.results).map { key, result in
                BatchItem<DeleteAnswer>.refusal(result.status, key: key).map(BatchItem.failure)
                    ?? .answer(DeleteAnswer(key: key, result.outcome ?? DeleteResponse()))
            }
        }
    }
}

extension BatchItem {
    /// Whether the reply had no room left for it.
    fileprivate var isFull: Bool {
        guard case .failure(let failure) = self else { return false }
        return failure.code == StatusCode.resourceExhausted.name
    }
}
