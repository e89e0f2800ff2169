// What the instances of a deployment must agree on; callable anywhere.

import Invalidation
package import NIOCore

extension SharedStore {
    /// What a deployment is: written by the first instance, compared by every other.
    private struct Constant {
        let field: String
        let value: String
        /// What to do where a server has another value.
        let remedy: String
    }

    /// Checks that a shard belongs to this deployment, and makes it ours if it is nobody's; gives
    /// its master the scripts. To be called whenever a shard's master has come or changed.
    ///
    /// - Throws: `RedisError`; `.incompatible` says what differs and what to do, `.accessRefused`
    ///   which commands are denied to us.
    package nonisolated(nonsending) func checkDeployment(
        of shard: RedisShardID, on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) {
        let constants = constants(of: shard)
        var held = try await held(constants, shard, on: router, deadline: deadline)
        if held.contains(nil) {
            for constant in constants {
                _ = try await ask(
                    ["HSETNX", deploymentKey, constant.field, constant.value], shard, on: router,
                    deadline: deadline)
            }
            held = try await self.held(constants, shard, on: router, deadline: deadline)
        }
        for (constant, value) in zip(constants, held) where value != constant.value {
            throw RedisError(
                .incompatible,
                "the keys '\(layout.prefix)' on shard \(shard) belong to a deployment with "
                    + "\(constant.field) \(value ?? "(none)"), and this one has \(constant.value): "
                    + constant.remedy + ", or remove the key '\(deploymentKey)' if nobody else "
                    + "uses what is there",
                shard: shard.name)
        }
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

    private var deploymentKey: String {
        pool.isCluster ? "\(layout.prefix){0}:deployment" : "\(layout.prefix)deployment"
    }

    private func constants(of shard: RedisShardID) -> [Constant] {
        let other = "give this deployment a key prefix of its own"
        var constants = [
            Constant(field: "format", value: "\(EnvelopeHeader.format)", remedy: other),
            Constant(field: "partitions", value: "\(Partitioning.count)", remedy: other),
        ]
        // Where partitions are placed by the shards' names, a server must keep its name; one that
        // is listed twice is found by it, too.
        if !pool.isCluster, pool.shards.count > 1 {
            constants.append(
                Constant(
                    field: "shard", value: shard.name,
                    remedy: "list each server once, under the name it has had (?name=…)"))
        }
        return constants
    }

    private nonisolated(nonsending) func held(
        _ constants: [Constant], _ shard: RedisShardID, on router: RedisRouter,
        deadline: NIODeadline
    ) async throws(RedisError) -> [String?] {
        let answer = try await ask(
            ["HMGET", deploymentKey] + constants.map(\.field), shard, on: router,
            deadline: deadline)
        guard case .array(let values) = answer, values.count == constants.count else {
            throw RedisError(.protocolViolation, "HMGET was answered with something else")
        }
        return values.map(\.replyText)
    }

    private nonisolated(nonsending) func ask(
        _ words: [String], _ shard: RedisShardID, on router: RedisRouter, deadline: NIODeadline
    ) async throws(RedisError) -> RESPValue {
        var command = RedisCommand(arguments: words.count, traits: .idempotent)
        for word in words { command.append(word) }
        // In a cluster the key is one shard's, whichever shard is checked. It is asked by its name:
        // one that is refused until it has been checked answers to nothing else.
        let holder = pool.isCluster ? pool.shards.first { $0.partitions.contains(0) }?.id : shard
        guard let holder else { throw RedisError(.noShard, "no shard has partition 0") }
        return try await send(command, shard: holder, on: router, deadline: deadline)
    }
}
