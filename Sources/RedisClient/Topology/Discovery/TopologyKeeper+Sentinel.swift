// Asks Sentinels who is the master; the control loop only.

import Invalidation
import NIOCore

extension TopologyKeeper {
    /// The most Sentinels that are kept in mind.
    private static let maxSentinels = 16

    /// Takes over the master that the first Sentinel names which knows one that says so itself.
    func refresh(masterName: String, _ credentials: RedisCredentials?) async throws {
        watch(masterName, credentials)
        var reason = RedisError(.noShard, "no Sentinel is known")
        for sentinel in sentinels {
            do {
                let shard = try await shard(masterName, credentials, by: sentinel)
                prefer(sentinel)
                watch(masterName, credentials)
                core.publish(TopologySnapshot([shard]), now: .now())
                return
            } catch {
                reason = error as? RedisError ?? RedisError(.connectFailed, "\(error)")
            }
        }
        throw reason.discovery("no Sentinel leads to a master")
    }

    private func shard(
        _ name: String, _ credentials: RedisCredentials?, by sentinel: RedisAddress
    ) async throws -> TopologySnapshot.Shard {
        let replies = try await NodeQuery.ask(
            sentinel,
            [
                RedisCommand("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name),
                RedisCommand("SENTINEL", "SENTINELS", name),
                RedisCommand("SENTINEL", "REPLICAS", name),
            ], core.sentinelConfiguration(credentials), on: core.controlLoop)
        guard let master = SentinelReplies.master(replies[0], asked: sentinel) else {
            throw RedisError(.noShard, "a Sentinel does not know the master \(name)")
        }
        let role = try await ask(master, [RedisCommand("ROLE")])[0]
        if case .error(let refusal) = role { throw RedisError(refusal: refusal) }
        guard role.replyElements?.first?.replyText == "master" else {
            throw RedisError(.noShard, "the server that a Sentinel names is no master (yet)")
        }
        for other in SentinelReplies.sentinels(replies[1], asked: sentinel)
        where !sentinels.contains(other) && sentinels.count < Self.maxSentinels {
            sentinels.append(other)
        }
        return TopologySnapshot.Shard(
            id: RedisShardID(name), master: master,
            // Sorted: every Sentinel tells them in an order of its own.
            replicas: SentinelReplies.replicas(replies[2], asked: sentinel)
                .sorted { "\($0)" < "\($1)" },
            partitions: .all)
    }

    private func prefer(_ sentinel: RedisAddress) {
        sentinels.removeAll { $0 == sentinel }
        sentinels.insert(sentinel, at: 0)
    }

    private func watch(_ name: String, _ credentials: RedisCredentials?) {
        guard !isStopped else { return }
        for address in sentinels where watches[address] == nil {
            let watch = SentinelWatch(
                address, masterName: name, core.sentinelConfiguration(credentials),
                on: core.controlLoop
            ) { [weak self] sentinel in
                guard let self else { return }
                self.assumeIsolated { $0.prefer(sentinel) }
                hint()
            }
            watches[address] = watch
            watch.start()
        }
    }
}
