// The second level's life: connects, watches, and ends behind the last call; a few tasks.

import CacheService
import Logging
import NIOCore
import RedisClient
import ServiceLifecycle

/// Runs the pools and their feeds, and says in logs and health how they stand.
struct SharedLevelRunner: ServiceLifecycle.Service {
    /// The longest that the start waits to see how Redis stands.
    private static let longestLook = Duration.seconds(2)
    /// The distance of looks at the shards for which no transition is told.
    private static let lookInterval = Duration.seconds(1)

    let shared: SharedComposition
    let serving: ServingState
    let drainTimeout: Duration
    let logger: Logger

    func run() async throws {
        for member in shared.members {
            member.pool.onTopologyChange { [serving] in serving.refresh() }
        }
        shared.level.start()
        let look = min(Self.longestLook, shared.members[0].configuration.connectTimeout)
        shared.loops[0].scheduleTask(in: TimeAmount(look)) { [shared] in
            shared.firstLook.giveUp()
        }
        await withTaskGroup { tasks in
            tasks.addTask { await listen() }
            tasks.addTask { await lookAround() }
            // Ends by the signal, or by a failure of another part of the server.
            try? await gracefulShutdown()
            await flush()
            tasks.cancelAll()
        }
        await shared.level.shutdown()
    }

    private func listen() async {
        await withDiscardingTaskGroup { checks in
            for await news in shared.news {
                switch news {
                case .feed(let pool, let event): feedJournal(pool).note(event)
                case .pool(let pool, let event):
                    journal(pool).note(event)
                    if let shard = note(event, pool) {
                        checks.addTask { await check(shard, pool) }
                    }
                }
                serving.refresh()
            }
            checks.cancelAll()
        }
    }

    /// Takes note of an event for the first look; gives the shard that it has to be asked of.
    private func note(_ event: RedisPoolEvent, _ pool: Int) -> RedisShardID? {
        switch event {
        case .connected(let shard, _): return shard
        case .incompatible(let shard, let error):
            shared.firstLook.note(.incompatible(error), of: shard, pool: pool)
        case .disconnected(let shard, let error), .accessRefused(let shard, let error):
            shared.firstLook.note(.missing(error), of: shard, pool: pool)
        case .discoveryFailed(let error):
            shared.firstLook.noteUndiscovered(error, pool: pool)
        case .breaker, .masterChanged, .topologyChanged: break
        }
        return nil
    }

    /// Looks at what changes without being told: states that time brings, and resets.
    private func lookAround() async {
        var resets = shared.members.map { _ in UInt64(0) }
        var foreign = shared.members.map {
            ForeignJournal(pool: $0.configuration.name, logger: logger)
        }
        while true {
            do {
                try await Task.sleep(for: Self.lookInterval)
            } catch {
                return  // cancelled: the server stops
            }
            serving.refresh()
            for (pool, member) in shared.members.enumerated() {
                foreign[pool].note(member.store.statistics.foreignValues, now: .now())
            }
            for (pool, feed) in shared.level.feeds.enumerated() {
                let count = await feed.statistics().resets
                if count > resets[pool] { feedJournal(pool).resets(count - resets[pool]) }
                resets[pool] = count
            }
        }
    }

    /// Gives a shard what it needs, and tries again while it does not take that.
    private func check(_ shard: RedisShardID, _ index: Int) async {
        let member = shared.members[index]
        var isTold = false
        repeat {
            do throws(RedisError) {
                let timeout = TimeAmount(member.configuration.commandTimeout)
                try await member.store.prepare(
                    shard, on: member.pool[loop: 0], deadline: .now() + timeout)
                shared.firstLook.note(.ready, of: shard, pool: index)
                return serving.refresh()
            } catch {
                // That the shard is away, or its breaker open, has a line of its own.
                let others: [RedisError.Code] = [
                    .breakerOpen, .connectionLost, .connectFailed, .closed,
                ]
                if !isTold, !others.contains(error.code) {
                    journal(index).unchecked(shard, error)
                    isTold = true
                }
                shared.firstLook.note(.missing(error), of: shard, pool: index)
            }
            // Cancelled: the loop's condition ends it.
            try? await Task.sleep(for: Self.lookInterval)
        } while !Task.isCancelled
            && member.pool.shards.contains { $0.id == shard && $0.state == .up }
    }

    /// Sends what was acknowledged and waits.
    private func flush() async {
        let left = await shared.level.drain(deadline: .now() + TimeAmount(drainTimeout))
        guard left > 0 else { return }
        logger.error(
            "acknowledged writes are lost",
            metadata: [
                "keys": "\(left)",
                "hint": "Redis did not take them within drain_timeout; a longer one may help",
            ])
    }

    private func feedJournal(_ pool: Int) -> FeedJournal {
        FeedJournal(pool: shared.members[pool].configuration.name, logger: logger)
    }

    private func journal(_ pool: Int) -> PoolJournal {
        PoolJournal(pool: shared.members[pool].configuration.name, logger: logger)
    }
}
