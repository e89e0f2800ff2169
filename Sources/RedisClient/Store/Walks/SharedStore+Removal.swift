// Removal of what a selection names, on all shards at once; callable anywhere.

import Invalidation
package import NIOCore

extension SharedStore {
    /// Removes every selected entry on all shards, without an event: the caller announces the
    /// whole afterwards, so that nobody can refill from a value that is about to vanish. Ends
    /// the leases of the keys that may be concerned.
    ///
    /// Entries that are there during the whole call are removed; of those written meanwhile some
    /// are. Each shard has one SCAN and the removals of its last step under way. When a shard
    /// fails the others still finish.
    ///
    /// While slots of a cluster move, a key may go from a master that is still to come to one that
    /// is done. Then the walk is made again: a key that moved once was at rest during one of the
    /// two.
    ///
    /// - Parameter progress: What others can look at meanwhile.
    /// - Returns: How many entries were removed; an answer that was lost on the way may hide some.
    /// - Throws: The first shard's `RedisError`; some entries may be removed.
    package func removeAll(
        _ selection: StoreSelection, progress: RemovalProgress = RemovalProgress(),
        on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> Int {
        let before = try await slotsAtRest(on: router, deadline: deadline)
        try await walk(selection, progress, on: router, deadline: deadline)
        let after = try await slotsAtRest(on: router, deadline: deadline)
        if after == nil || before != after {
            try await walk(selection, progress, on: router, deadline: deadline)
        }
        return progress.removed
    }

    /// Who has which slots, as every master says; nil while one of them moves. The same text before
    /// and after a walk says that none has moved during it. Empty where there is no cluster.
    private func slotsAtRest(
        on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> String? {
        guard pool.isCluster else { return "" }
        var commands: [(BatchTarget, RedisCommand)] = []
        for shard in pool.shards {
            commands.append((.shard(shard.id), RedisCommand("CLUSTER", "NODES", traits: .readOnly)))
        }
        var lines: [Substring] = []
        for answer in try await sendAll(commands, on: router, deadline: deadline) {
            guard let text = answer.replyText else { throw ScriptCall.surprise }
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: " ")
                guard fields.count > Self.nodeFields, let id = fields.first else { continue }
                // In brackets: a slot on its way to or from the master that answers.
                if fields.contains(where: { $0.hasPrefix("[") }) { return nil }
                lines.append(id + fields[Self.nodeFields...].joined(separator: " "))
            }
        }
        return lines.sorted().joined(separator: "\n")
    }

    /// What a line of CLUSTER NODES has before the slots.
    private static let nodeFields = 8

    private func walk(
        _ selection: StoreSelection, _ progress: RemovalProgress, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) {
        let shards = pool.shards
        guard !shards.isEmpty else { throw RedisError(.noShard, "no shard is known yet") }
        let failure = await withTaskGroup(of: RedisError?.self) { group in
            for shard in shards {
                let removal = ShardRemoval(
                    store: self, shard: shard.id, selection: selection, progress: progress,
                    router: router, deadline: deadline)
                group.addTask { await removal.run() }
            }
            var first: RedisError?
            for await failure in group { first = first ?? failure }
            return first
        }
        if let failure { throw failure }
    }
}
