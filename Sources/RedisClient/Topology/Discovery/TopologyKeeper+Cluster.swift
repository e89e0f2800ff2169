// Asks the nodes of a cluster who has which slots; the control loop only.

import NIOCore

extension TopologyKeeper {
    /// How many nodes are asked at a time: one of them may know less than the others.
    private static let nodesAtATime = 3
    /// The most nodes that are asked in a refresh.
    private static let maxNodes = 32

    private struct Answer: Sendable {
        let slots: ClusterSlots
        let info: RedisServerInfo
        let healthyNodes: Int?

        /// Who knows of the latest change of the cluster's configuration.
        var rank: (Int, Int) {
            (
                info.number("cluster_current_epoch") ?? 0,
                info.number("cluster_slots_ok") ?? 0
            )
        }
    }

    /// Takes over what the best informed of a few nodes says.
    func refresh(seeds: [RedisAddress]) async throws {
        let candidates = candidates(seeds)
        var reason = RedisError(.noShard, "no node of the cluster is known")
        for start in stride(from: 0, to: candidates.count, by: Self.nodesAtATime) {
            let group = candidates[start..<min(start + Self.nodesAtATime, candidates.count)]
            let answers = await ask(Array(group))
            let good = answers.compactMap { try? $0.get() }
            if let best = good.max(by: { $0.rank < $1.rank }) {
                if core.snapshot == nil { try await checkMark(best.slots) }
                return take(best)
            }
            for case .failure(let error) in answers { reason = error }
        }
        throw reason.discovery("no node of the Redis cluster answers")
    }

    /// The nodes, those first that are likely to answer.
    private func candidates(_ seeds: [RedisAddress]) -> [RedisAddress] {
        let shards = core.snapshot?.shards ?? []
        let isDown = { [core] (shard: TopologySnapshot.Shard) in
            core.health(shard.id)?.isUnreachable == true
        }
        let well = shards.filter { !isDown($0) }.map(\.master).shuffled()
        let replicas = shards.flatMap(\.replicas).shuffled()
        var known: Set<RedisAddress> = []
        let all = well + replicas + seeds.shuffled() + shards.map(\.master)
        return Array(all.filter { known.insert($0).inserted }.prefix(Self.maxNodes))
    }

    private func ask(_ group: [RedisAddress]) async -> [Result<Answer, RedisError>] {
        await withTaskGroup(of: Result<Answer, RedisError>.self) { tasks in
            for address in group {
                tasks.addTask { await self.answer(of: address) }
            }
            var answers: [Result<Answer, RedisError>] = []
            for await answer in tasks { answers.append(answer) }
            return answers
        }
    }

    private func answer(of address: RedisAddress) async -> Result<Answer, RedisError> {
        do {
            let replies = try await ask(
                address,
                [
                    RedisCommand("CLUSTER", "SLOTS"), RedisCommand("CLUSTER", "INFO"),
                    RedisCommand("CLUSTER", "NODES"),
                ])
            if case .error(let error) = replies[0] {
                // "This instance has cluster support disabled"
                return .failure(
                    error.message.contains("cluster support")
                        ? GreetingRefusal.another(.standalone, address.place)
                        : RedisError(refusal: error))
            }
            guard let slots = ClusterSlots(replies[0], asked: address) else {
                return .failure(
                    RedisError(.protocolViolation, "CLUSTER SLOTS has an unknown answer"))
            }
            guard !slots.masters.isEmpty else {
                return .failure(RedisError(.noShard, "the cluster has no slots assigned"))
            }
            return .success(
                Answer(
                    slots: slots, info: RedisServerInfo(replies[1].replyText ?? ""),
                    healthyNodes: replies[2].replyText.map(ClusterNodes.healthyCount)))
        } catch {
            return .failure(error as? RedisError ?? RedisError(.connectFailed, "\(error)"))
        }
    }

    private func take(_ answer: Answer) {
        clusterState = RedisPoolStatistics.Cluster(
            state: answer.info.text("cluster_state") ?? "unknown",
            slotsOK: answer.info.number("cluster_slots_ok") ?? 0,
            knownNodes: answer.info.number("cluster_known_nodes") ?? 0,
            healthyNodes: answer.healthyNodes)
        core.publish(.cluster(answer.slots, previous: core.snapshot), now: .now())
    }
}
