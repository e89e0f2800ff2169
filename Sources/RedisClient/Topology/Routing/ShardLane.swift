// One event loop's way to one shard; its event loop only.

import CacheEngine
import NIOCore

/// The links to a shard's servers, with what this loop counts of it.
// Used on its event loop only.
final class ShardLane: @unchecked Sendable {
    /// One command in so many is timed.
    private static let sampling: UInt64 = 8
    /// How often successes are told to the breaker.
    private static let tellEvery = TimeAmount.milliseconds(100)
    /// A command that takes longer than a timeout divided by this counts as a failure.
    private static let slowDivisor: Int64 = 2
    /// A command that timed out although its caller gave it less tells nothing of the server.
    private static let longestFairWait = TimeAmount.milliseconds(100)

    /// The most runs of reads that are kept for the next.
    static let maxSpareRuns = 16

    let id: RedisShardID
    let health: ShardHealth
    /// The link to the master.
    var master: ServerLink
    /// The links to the replicas that were asked for.
    var replicas: [ServerLink] = []
    /// Where the replicas are.
    var replicaAddresses: [RedisAddress] = []
    /// The calls, errors, retries and redirects.
    var counters = RedisShardCounters()
    /// What may be sent again.
    var budget = RetryBudget()
    /// Runs of reads that are over, with their memory.
    var spareRuns: [ReadRun] = []

    private let slowness: TimeAmount
    private let fairWait: TimeAmount
    private var answers: UInt64 = 0
    private var untold = 0
    private var lastTold = NIODeadline.uptimeNanoseconds(0)
    private var nextReplica: Int

    init(health: ShardHealth, master: ServerLink, loopIndex: Int, commandTimeout: TimeAmount) {
        id = health.id
        self.health = health
        self.master = master
        slowness = .nanoseconds(commandTimeout.nanoseconds / Self.slowDivisor)
        fairWait = min(Self.longestFairWait, slowness)
        nextReplica = loopIndex
    }

    /// Counts a call.
    @inline(__always)
    func begin() {
        counters.calls += 1
        budget.deposit()
    }

    /// A command that was sent at `started` was answered.
    @inline(__always)
    func succeeded(_ started: NIODeadline) {
        untold += 1
        answers &+= 1
        if answers % Self.sampling == 0 { sampled(started) }
    }

    private func sampled(_ started: NIODeadline) {
        let now = NIODeadline.now()
        let took = now - started
        health.latency.record(nanoseconds: UInt64(max(0, took.nanoseconds)))
        let isSlow = took > slowness
        if isSlow || now - lastTold > Self.tellEvery {
            // A timed command stands for those that were not.
            tell(failures: isSlow ? min(untold, Int(Self.sampling)) : 0, now: now)
        }
    }

    /// A command timed out that had been given so long.
    func timedOut(given: TimeAmount, now: NIODeadline) {
        guard given >= fairWait else { return }
        failed(now: now)
    }

    /// The shard failed: a connection was lost, or a command found none.
    func failed(now: NIODeadline) {
        untold += 1
        tell(failures: 1, now: now)
    }

    /// A replica's link that is connected, each in its turn; nil: there is none.
    func takeReplica(now: NIODeadline) -> ServerLink? {
        guard !replicas.isEmpty else { return nil }
        nextReplica = (nextReplica + 1) % replicas.count
        for offset in replicas.indices {
            let link = replicas[(nextReplica + offset) % replicas.count]
            if link.connectionUnlessAvoided(now: now) != nil { return link }
        }
        return nil
    }

    private func tell(failures: Int, now: NIODeadline) {
        health.breaker.record(calls: untold, failures: failures, now: now)
        untold = 0
        lastTold = now
    }
}
