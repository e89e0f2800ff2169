// What a server is given and asked before the first change; callable anywhere.

package import NIOCore

extension SharedStore {
    /// Gives a shard's master the scripts, and checks that we may run what we need. To be called
    /// whenever a shard's master has come or changed.
    ///
    /// - Throws: `RedisError`; `.accessRefused` says which commands are denied to us.
    package nonisolated(nonsending) func prepare(
        _ shard: RedisShardID, on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) {
        for script in StoreScript.allCases {
            _ = try await send(
                script.loadCommand, shard: shard, on: router, deadline: deadline)
        }
        try await checkPermissions(on: shard, router, deadline)
    }

    /// Runs every command that we need once, on a key of nobody: a user that may not run one of
    /// them is told now and by name, and not in the middle of a change.
    private nonisolated(nonsending) func checkPermissions(
        on shard: RedisShardID, _ router: RedisRouter, _ deadline: NIODeadline
    ) async throws(RedisError) {
        let partitions = pool.shards.first { $0.id == shard }?.partitions.partitions
        guard let partition = partitions?.first else { return }
        var command = StoreScript.probe.begin(keys: 1, arguments: 1)
        command.expects = [.array]
        layout.append(.probe, partition, to: &command)
        layout.append(.probe, partition, to: &command)
        guard
            case .array(let denied) = try await send(
                command, shard: shard, on: router, deadline: deadline)
        else { throw ScriptCall.surprise }
        guard denied.isEmpty else {
            let names = denied.compactMap(\.replyText).joined(separator: ", ")
            throw RedisError(
                .accessRefused,
                "the user may not run \(names) on keys or channels that begin with "
                    + "'\(layout.prefix)': grant it what docs/redis.md lists",
                shard: shard.name)
        }
    }
}
