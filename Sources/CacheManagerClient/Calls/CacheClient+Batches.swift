// The calls about many entries at once; any task.

import Messages

extension CacheClient {
    /// Reads entries, as many calls as it takes: more than a server takes at once are divided,
    /// and what did not fit into one reply is asked for again.
    ///
    /// ```swift
    /// for item in try await cache.get(all: ["user:1", "user:2"]) {
    ///     if let entry = try item.get() { use(entry) }
    /// }
    /// ```
    ///
    /// - Returns: One item for each key, in their order; nil is a miss.
    /// - Throws: What keeps a whole call from being answered. A single key that is refused is an
    ///   item without an answer.
    public func get(
        all keys: [String], mode: ReadMode = .any
    ) async throws(CacheError) -> [BatchItem<CacheEntry?>] {
        var items: [BatchItem<CacheEntry?>] = []
        items.reserveCapacity(keys.count)
        try await inBatches(keys, bytes: \.utf8.count) { part throws(CacheError) in
            let answers = try await getMulti(Array(part), mode: mode)
            // A reply that is full refuses all keys from some key on; a key that is refused
            // first, alone in its reply, stays refused.
            let taken = answers.dropFirst().firstIndex(where: \.isFull) ?? answers.endIndex
            items += answers[..<taken]
            return taken
        }
        return items
    }

    private func getMulti(
        _ keys: [String], mode: ReadMode
    ) async throws(CacheError) -> [BatchItem<CacheEntry?>] {
        try await call(.getMulti) { arena in
            var request = GetMultiRequest()
            request.keys = keys.map(arena.copy)
            request.mode = mode.message
            return request
        } _: { (response: GetMultiResponse) throws(CacheError) in
            try Self.items(keys, response.results, status: \.status) { key, result in
                guard let entry = result.entry, entry.hit else { return nil }
                return CacheEntry(key: key, entry)
            }
        }
    }

    /// Writes entries, as many calls as it takes. They are independent of each other: one that is
    /// refused undoes none.
    ///
    /// ```swift
    /// let items = try await cache.set(all: [
    ///     .init(key: "user:1", value: ada), .init(key: "user:2", value: grace, tags: ["vip"]),
    /// ])
    /// ```
    ///
    /// - Returns: One item for each entry, in their order.
    /// - Throws: What keeps a whole call from being answered. What earlier calls wrote stays.
    @discardableResult
    public func set(all entries: [NewEntry]) async throws(CacheError) -> [BatchItem<SetOutcome>] {
        var items: [BatchItem<SetOutcome>] = []
        items.reserveCapacity(entries.count)
        try await inBatches(entries, bytes: \.bytes) { part throws(CacheError) in
            items += try await setMulti(part)
            return part.count
        }
        return items
    }

    private func setMulti(
        _ entries: ArraySlice<NewEntry>
    ) async throws(CacheError) -> [BatchItem<SetOutcome>] {
        try await call(.setMulti) { arena in
            var request = SetMultiRequest()
            request.entries = entries.map { $0.message(in: arena) }
            return request
        } _: { (response: SetMultiResponse) throws(CacheError) in
            try Self.items(entries.map(\.key), response.results, status: \.status) {
                SetOutcome($1.outcome ?? SetResponse())
            }
        }
    }

    /// Removes entries, as many calls as it takes.
    ///
    /// - Returns: One item for each key, in their order.
    /// - Throws: What keeps a whole call from being answered. What earlier calls removed stays so.
    @discardableResult
    public func delete(all keys: [String]) async throws(CacheError) -> [BatchItem<DeleteOutcome>] {
        var items: [BatchItem<DeleteOutcome>] = []
        items.reserveCapacity(keys.count)
        try await inBatches(keys, bytes: \.utf8.count) { part throws(CacheError) in
            items += try await deleteMulti(Array(part))
            return part.count
        }
        return items
    }

    private func deleteMulti(
        _ keys: [String]
    ) async throws(CacheError) -> [BatchItem<DeleteOutcome>] {
        try await call(.deleteMulti) { arena in
            var request = DeleteMultiRequest()
            request.keys = keys.map(arena.copy)
            return request
        } _: { (response: DeleteMultiResponse) throws(CacheError) in
            try Self.items(keys, response.results, status: \.status) {
                DeleteOutcome($1.outcome ?? DeleteResponse())
            }
        }
    }

    /// Calls with one part after the other; `send` tells how many items of its part are done.
    func inBatches<Item>(
        _ items: [Item], bytes: (Item) -> Int,
        _ send: (ArraySlice<Item>) async throws(CacheError) -> Int
    ) async throws(CacheError) {
        var plan = BatchPlan()
        var rest = items[...]
        while !rest.isEmpty {
            let part = plan.next(of: rest, bytes: bytes)
            do throws(CacheError) {
                rest = rest.dropFirst(try await send(part))
            } catch {
                guard plan.shrink(after: error, items: part.count) else { throw error }
            }
        }
    }

    /// Pairs the keys of a call with its results. Throws INTERNAL when they are not as many.
    private static func items<Result, Outcome>(
        _ keys: [String], _ results: [Result], status: (Result) -> ItemStatus?,
        _ outcome: (String, Result) -> Outcome
    ) throws(CacheError) -> [BatchItem<Outcome>] {
        guard keys.count == results.count else {
            throw CacheError(
                .internal, "the server gave \(results.count) results for \(keys.count) keys")
        }
        return zip(keys, results).map { key, result in
            let refusal = CacheError(status(result), key: key)
            return BatchItem(
                key: key, result: refusal.map { .failure($0) } ?? .success(outcome(key, result)))
        }
    }
}

extension BatchItem {
    /// Whether the reply had no room left for it.
    fileprivate var isFull: Bool {
        guard case .failure(let error) = result else { return false }
        return error.code == .resourceExhausted
    }
}
