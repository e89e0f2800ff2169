// The subscriber connection to one shard, and its partitions' feeds; its event loop only.

import CacheEngine
import Invalidation
import NIOCore

/// Hears what changes in the partitions of one shard, for as long as it holds them.
///
/// It keeps one connection, makes another when that is lost or silent, and brings every partition
/// back to where the server stands each time.
// Used on its event loop only.
final class ShardFeed: @unchecked Sendable {
    /// Makes a connection; as `RedisPool.connectSubscriber`.
    typealias Connect = (
        _ pushed: @escaping ([RESPValue]) -> Void, _ closed: @escaping (RedisError) -> Void
    ) -> EventLoopFuture<RedisConnection>

    /// What the shards of a pool's feed have in common.
    struct Surroundings: Sendable {
        let store: SharedStore
        let channels: FeedChannels
        let times: FeedTimes
        let delegate: any FeedDelegate
        let report: @Sendable (RedisFeedEvent) -> Void
        let now: @Sendable () -> Timestamp
        /// Has the pool look where the partitions are.
        let hint: @Sendable () -> Void
        /// Whether the pool is connected to a shard.
        let isServing: @Sendable (RedisShardID) -> Bool

        init(
            store: SharedStore, times: FeedTimes, delegate: any FeedDelegate,
            report: @escaping @Sendable (RedisFeedEvent) -> Void,
            now: @escaping @Sendable () -> Timestamp, hint: @escaping @Sendable () -> Void,
            isServing: @escaping @Sendable (RedisShardID) -> Bool
        ) {
            self.store = store
            self.channels = FeedChannels(prefix: store.layout.prefix)
            self.times = times
            self.delegate = delegate
            self.report = report
            self.now = now
            self.hint = hint
            self.isServing = isServing
        }
    }

    let eventLoop: any EventLoop
    let surroundings: Surroundings
    private let id: RedisShardID
    private let connect: Connect

    /// The partitions it holds, by their index.
    var held = [PartitionFeed?](repeating: nil, count: Partitioning.count)
    private(set) var connection: RedisConnection?
    /// Counts connections and attempts: what an earlier one brings is of no interest.
    private var attempt = 0
    private var isConnecting = false
    private var isStopped = false
    /// Shorter than the pool's: memory may be stale for some seconds only.
    private var backOff = BackOff(first: .milliseconds(100), longest: .seconds(2))
    private var ticker: RepeatedTask?

    /// When the server was certainly alive.
    private(set) var lastHeard: NIODeadline?
    private var lastTick = NIODeadline.now()
    private var hasHeardSinceTick = false

    var statistics = FeedStatistics()
    /// Partitions that are to be adopted as soon as it is known who the server is.
    var adopting: [PartitionFeed] = []
    var isIdentifying = false
    /// Whether the server was given the script that adopts.
    var knowsScript = false
    /// Reads of the log that wait for others to end.
    var waitingReads: [@Sendable () -> Void] = []
    var readsInFlight = 0
    /// Partitions whose server refused something, and that are attached again a little later.
    var refused: [PartitionFeed] = []
    var isRetrying = false
    var retryBackOff = BackOff(first: .milliseconds(100), longest: .seconds(2))
    /// The next partition to audit.
    var nextAudit = 0
    private var news: FeedNews
    /// Where a partition was found last that was not live: it probably still is not.
    private var silentIndex = 0

    init(
        _ id: RedisShardID, on eventLoop: any EventLoop, _ surroundings: Surroundings,
        connect: @escaping Connect
    ) {
        self.id = id
        self.eventLoop = eventLoop
        self.surroundings = surroundings
        self.connect = connect
        news = FeedNews(refusalLimit: surroundings.times.refusalLimit)
    }

    // MARK: - What the placement asks for

    /// Begins to connect.
    func start() {
        eventLoop.assertInEventLoop()
        let interval = TimeAmount(surroundings.times.pingInterval)
        ticker = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            self.tick()
        }
        connectNow()
    }

    /// Ends for good; gives back what it held.
    func stop() -> [PartitionFeed] {
        let partitions = release(held.compactMap { $0?.index })
        isStopped = true
        ticker?.cancel()
        disconnect()
        return partitions
    }

    /// Takes partitions over.
    func take(_ partitions: [PartitionFeed]) {
        eventLoop.assertInEventLoop()
        tellLost(held.compactMap { $0 })
        for partition in partitions { held[partition.index] = partition }
        let moved = partitions.filter { $0.machine.place != nil }.map(\.partition)
        if !moved.isEmpty { surroundings.delegate.feedMoved(partitions: moved) }
        attach(partitions)
    }

    /// Gives partitions back; nothing is heard of them from here on.
    func release(_ indices: [Int]) -> [PartitionFeed] {
        eventLoop.assertInEventLoop()
        let partitions = indices.compactMap { held[$0] }
        for partition in partitions {
            held[partition.index] = nil
            partition.detach()
        }
        tellLost(partitions)
        unsubscribe(partitions)
        // One of them may have been the last that the others waited for.
        noteLive()
        return partitions
    }

    /// The shard has another master: what the old one says is of no interest.
    func masterChanged() {
        eventLoop.assertInEventLoop()
        guard !isStopped else { return }
        disconnect()
        lose(held.compactMap { $0 })
        backOff.reset()
        connectNow()
    }

    /// The counters, and how the shard stands.
    func currentStatistics() -> FeedStatistics {
        eventLoop.assertInEventLoop()
        let partitions = held.compactMap { $0 }
        let live = partitions.count { $0.machine.isLive }
        var result = statistics
        result.shards = [
            FeedStatistics.Shard(
                name: id.name,
                state: connection == nil
                    ? .disconnected : live < partitions.count ? .attaching : .live,
                livePartitions: live, partitions: partitions.count,
                silence: lastHeard.map { .nanoseconds((NIODeadline.now() - $0).nanoseconds) },
                problem: news.problem)
        ]
        return result
    }

    // MARK: - The connection

    private func connectNow() {
        guard !isStopped, connection == nil, !isConnecting else { return }
        isConnecting = true
        attempt += 1
        let current = attempt
        let future = connect(
            { [weak self] in self?.received($0, attempt: current) },
            { [weak self] in self?.closed($0, attempt: current) })
        future.whenComplete { result in self.connected(result, attempt: current) }
    }

    private func connected(_ result: Result<RedisConnection, any Error>, attempt: Int) {
        switch result {
        case .success(let connection) where attempt == self.attempt && connection.isOpen:
            isConnecting = false
            self.connection = connection
            heard(at: .now())
            attach(held.compactMap { $0 })
        case .success(let connection):
            connection.close()
        case .failure(let error):
            guard attempt == self.attempt else { return }
            noteLoss((error as? RedisError) ?? RedisError(.connectFailed, "\(error)"))
            // Its partitions may be elsewhere by now, where they can be heard.
            surroundings.hint()
            connectLater()
        }
    }

    private func closed(_ error: RedisError, attempt: Int) {
        if attempt == self.attempt { connectionLost(error) }
    }

    /// Counts the connection as lost: from here on nothing that it brings is heard.
    func connectionLost(_ error: RedisError) {
        if connection != nil { statistics.losses += 1 }
        noteLoss(error)
        disconnect()
        lose(held.compactMap { $0 })
        connectLater()
    }

    private func disconnect() {
        let connection = connection
        self.connection = nil
        attempt += 1
        isConnecting = false
        adopting = []
        isIdentifying = false
        knowsScript = false
        waitingReads = []
        readsInFlight = 0
        refused = []
        connection?.close()
    }

    private func connectLater() {
        isConnecting = false
        guard !isStopped else { return }
        let current = attempt
        eventLoop.scheduleTask(in: backOff.next(jitter: .random(in: 0..<1))) {
            if current == self.attempt { self.connectNow() }
        }
    }

    /// Nothing is heard of partitions any more, and so not of all that concerns the others.
    func lose(_ partitions: [PartitionFeed]) {
        for partition in partitions { partition.detach() }
        tellLost(held.compactMap { $0 })
    }

    /// Tells that not all is heard any more that concerns partitions.
    private func tellLost(_ partitions: [PartitionFeed]) {
        let lost = partitions.filter(\.isServed)
        guard !lost.isEmpty else { return }
        for partition in lost { partition.isServed = false }
        surroundings.delegate.feedLost(
            partitions: lost.map(\.partition), at: lastHeard ?? lastTick)
    }

    // MARK: - Signs of life

    /// The server answered what was asked at this time.
    func heard(at time: NIODeadline) {
        lastHeard = max(lastHeard ?? time, time)
    }

    private func tick() {
        let now = NIODeadline.now()
        // The messages since the last tick are at least as young as that.
        if hasHeardSinceTick { heard(at: lastTick) }
        hasHeardSinceTick = false
        lastTick = now
        guard let connection else { return }
        let limit = TimeAmount(surroundings.times.silenceLimit)
        if let lastHeard, now - lastHeard > limit {
            return connectionLost(
                RedisError(.timedOut, "the server is silent on the connection of its events"))
        }
        var ping = RedisCommand("PING", traits: .idempotent)
        ping.expects = [.simpleString, .blob, .array]
        let current = attempt
        connection.send(ping, deadline: now + limit) { result in
            guard current == self.attempt, case .success = result else { return }
            self.heard(at: now)
            self.backOff.reset()
        }
        audit()
    }

    /// Asks, with the next of the partitions, where they stand.
    private func audit() {
        let count = (held.count + surroundings.times.auditPings - 1) / surroundings.times.auditPings
        for _ in 0..<count {
            if let partition = held[nextAudit], partition.machine.isLive { audit(partition) }
            nextAudit = (nextAudit + 1) % held.count
        }
    }

    // MARK: - What is told of the shard

    private func noteLoss(_ error: RedisError) {
        tell(news.met(error, isServing: surroundings.isServing(id), now: .now()))
    }

    /// The server refused something.
    func noteRefusal(_ error: RedisError) { tell(news.refused(error, now: .now())) }

    /// A partition became live, or went away: it may have been the last that was not live.
    func noteLive() {
        guard isLive() else { return }
        let repaired = held.compactMap { $0 }.filter { !$0.isServed }
        if !repaired.isEmpty {
            for partition in repaired { partition.isServed = true }
            surroundings.delegate.feedRepaired(partitions: repaired.map(\.partition))
        }
        tell(news.becameLive())
    }

    private func tell(_ news: FeedNews.News?) {
        switch news {
        case nil: break
        case .live: surroundings.report(.live(id))
        case .lost(let error): surroundings.report(.lost(id, error))
        case .refused(let error): surroundings.report(.refused(id, error))
        }
    }

    /// Whether all that is held is live, and something is.
    private func isLive() -> Bool {
        for offset in held.indices {
            let index = (silentIndex + offset) % held.count
            guard let partition = held[index], !partition.machine.isLive else { continue }
            silentIndex = index
            return false
        }
        return held.contains { $0 != nil }
    }

    // MARK: - Messages

    private func received(_ message: [RESPValue], attempt: Int) {
        guard attempt == self.attempt else { return }
        hasHeardSinceTick = true
        guard message.count == 3, case .blob(let kind) = message[0],
            case .blob(let channel) = message[1]
        else { return }
        let isMessage = kind.readableBytes == Self.messageKindBytes
        if isMessage, case .blob(let payload) = message[2] {
            hear(payload, on: channel)
        } else if !isMessage, String(buffer: kind) == "sunsubscribe" {
            unsubscribed(from: channel)
        }
    }

    /// The length of `smessage`, which no other kind has.
    private static let messageKindBytes = 8
}
