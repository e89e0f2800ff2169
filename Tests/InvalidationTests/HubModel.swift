// The model of the random test: every change there was, and what each subscriber must have got.

import Testing

@testable import Invalidation

/// Runs hubs, writers and subscribers step by step, in an order given by a seed.
struct HubModel {
    /// A change as the model remembers it.
    enum Target {
        case key(String)
        case pattern(String)
        case all
    }

    typealias Change = (target: Target, writer: String)

    /// Whether subscribers take everything at once, however little may wait, and bring only tokens
    /// of this log.
    var isGentle = false
    private(set) var resets: [ResetReason: Int] = [:]
    private(set) var eventsChecked = 0
    private(set) var resumed = 0

    private let log: InvalidationLog
    private let hubs: [HubFixture]
    private var random: SeededGenerator
    /// The changes of each partition by the log's epoch: the one with revision r at index r - 1,
    /// nil for those that the log never saw.
    private var histories: [UInt64: [[Change?]]]
    /// The epochs of the partitions of a shared log.
    private var epochs: UInt64 = 0
    private var subscribers: [ModelSubscriber]
    private var now = Duration.zero

    // Few keys, so that rings wrap.
    private static let keys = ["a:1", "a:2", "a:30", "b:1", "b:2", "c", "d:1", "d:é"]
    private static let patterns = ["a:*", "a:?", "*:1", "b:[12]", "c", "d:[^1]*", "*", "x:*"]
    private static let writers = ["", "w1", "w2"]

    init(seed: UInt64, log: InvalidationLog) {
        self.log = log
        histories = [log.epoch: Array(repeating: [], count: log.partitionCount)]
        hubs = log.feeds.indices.map { HubFixture(log: log, feed: $0) }
        var random = SeededGenerator(seed: seed)
        subscribers = (0..<12).map { _ in
            let count = Int.random(in: 0...3, using: &random)
            return ModelSubscriber(
                patterns: (0..<count).compactMap { _ in Self.patterns.randomElement(using: &random)
                },
                skipped: Self.writers.randomElement(using: &random) ?? "")
        }
        self.random = random
        if log.isShared { begin() }
    }

    /// The partitions of a shared log begin anywhere.
    private mutating func begin() {
        var history: [[Change?]] = []
        for partition in 0..<log.partitionCount {
            #expect(!log.isReady)
            let revision = Int.random(in: 0...20, using: &random)
            let known = Int.random(in: 0...revision, using: &random)
            let events = (0..<known).map { index in
                InvalidationEvent.sample(
                    partition, UInt64(revision - known + index + 1), .key("c"), writer: "")
            }
            log.begin(partition, epoch: 1, revision: UInt64(revision), events: events)
            history.append(
                Array(repeating: nil, count: revision - known)
                    + Array(repeating: (.key("c"), ""), count: known))
        }
        #expect(log.isReady)
        histories = [log.epoch: history]
    }

    mutating func run(steps: Int) throws {
        for _ in 0..<steps { try step() }
        try settle()
    }

    private mutating func step() throws {
        switch random.next() % 16 {
        case 0...4:
            try write()
        case 5:
            if random.chance(6) { for _ in 0..<80 { try write() } }
        case 6, 7:
            hubs.randomElement(using: &random)?.run(turns: 1)
        case 8...11:
            for index in subscribers.indices {
                try receive(index, upTo: Int.random(in: 0...4, using: &random))
            }
        case 12, 13:
            let away = subscribers.indices.filter { subscribers[$0].connection == nil }
            if let index = away.randomElement(using: &random) { try connect(index) }
        case 14:
            if log.isShared, !isGentle, random.chance(3) { reset() }
            disconnect(Int.random(in: subscribers.indices, using: &random))
        default:
            now += .seconds(1)
            hubs.randomElement(using: &random)?.hub.tick(now: now)
        }
        if isGentle { for index in subscribers.indices { try receive(index, upTo: .max) } }
    }

    private mutating func write() throws {
        let writer = Self.writers.randomElement(using: &random) ?? ""
        if log.isShared { return writeElsewhere(writer) }
        let (target, home): (Target, Int)
        switch random.next() % 40 {
        case 0:
            let pattern = Self.patterns.randomElement(using: &random) ?? "*"
            try log.append(pattern: pattern, writer: writer)
            (target, home) = (.pattern(pattern), partition(of: pattern))
        case 1:
            log.append(tag: "t", writer: writer)
            (target, home) = (.all, partition(of: "t"))
        case 2:
            log.appendEverything(writer: writer)
            (target, home) = (.all, partition(of: ""))
        default:
            let key = Self.keys.randomElement(using: &random) ?? "c"
            log.append(key: key, writer: writer)
            (target, home) = (.key(key), partition(of: key))
        }
        remember((target, writer), home)
    }

    private mutating func remember(_ change: Change, _ home: Int) {
        histories[log.epoch]?[home].append(change)
        #expect(log.revision(of: home) == histories[log.epoch].map { UInt64($0[home].count) })
    }

    /// A change in a shared log, in either of its pools.
    private mutating func writeElsewhere(_ writer: String) {
        let key = Self.keys.randomElement(using: &random) ?? "c"
        let target = random.chance(30) ? Target.all : .key(key)
        let home = partition(of: key) + (key.hasPrefix("d") ? Partitioning.count : 0)
        let next = log.revision(of: home) + 1
        log.append(.sample(home, next, target, writer: writer))
        remember((target, writer), home)
    }

    /// A partition goes on further ahead, further back, or in another epoch.
    private mutating func reset() {
        let key = Self.keys.randomElement(using: &random) ?? "c"
        let home = partition(of: key)
        let before = log.epoch
        let last = log.revision(of: home)
        guard var history = histories[before] else { return }
        var revision = last + random.next() % 30
        if random.chance(2) { epochs += 1 }
        if random.chance(3) { revision = last - min(last, random.next() % 5) }
        log.reset(home, epoch: 1 + epochs, revision: revision)
        if log.epoch == before {
            let missed = Int(revision) - history[home].count
            history[home] += Array(repeating: nil, count: missed)
        } else {
            #expect(histories[log.epoch] == nil, "an epoch never comes back")
            history[home] = Array(repeating: nil, count: Int(revision))
        }
        histories[log.epoch] = history
    }

    private mutating func connect(_ index: Int) throws {
        let hub = hubs[Int.random(in: hubs.indices, using: &random)]
        var resumption = random.chance(8) ? nil : subscribers[index].position
        if !isGentle, random.chance(20), let position = resumption {
            resumption = Position(epoch: 8, revisions: position.revisions)
        }
        if log.isShared, !isGentle, random.chance(6), var ahead = resumption {
            // As another instance has it, which is faster.
            let home = partition(of: Self.keys.randomElement(using: &random) ?? "c")
            ahead.revisions[home] += random.next() % 4
            resumption = ahead
            if ahead.epoch == subscribers[index].position?.epoch {
                subscribers[index].position = ahead
            }
        }
        let sink = TestSink()
        sink.mark = Int.random(in: 0...6, using: &random)
        subscribers[index].begin(at: resumption, present: log.position())
        let watcher = try hub.subscribe(
            subscribers[index].patterns, skipping: subscribers[index].skipped, from: resumption,
            heartbeat: .seconds(3), now: now, sink: sink)
        subscribers[index].connection = (hub, watcher, sink)
    }

    private mutating func disconnect(_ index: Int) {
        guard let (hub, watcher, _) = subscribers[index].connection else { return }
        hub.hub.unsubscribe(watcher)
        subscribers[index].connection = nil
    }

    @discardableResult
    private mutating func receive(_ index: Int, upTo count: Int) throws -> Int {
        guard let (hub, watcher, sink) = subscribers[index].connection else { return 0 }
        let messages = sink.take(count)
        for message in messages { try check(message, index) }
        if sink.waiting.count <= sink.mark { hub.hub.becameWritable(watcher) }
        return messages.count + sink.waiting.count
    }

    /// Everyone reads to the end and must then know of everything.
    private mutating func settle() throws {
        for index in subscribers.indices where subscribers[index].connection == nil {
            try connect(index)
        }
        try readAll()
        // Enough for every heartbeat, and for those who wait for a log that never comes so far.
        now += .seconds(6)
        for hub in hubs { hub.hub.tick(now: now) }
        try readAll()
        for subscriber in subscribers {
            #expect(subscriber.position == log.position())
            #expect(subscriber.isLive)
        }
    }

    /// Lets hubs and subscribers go on until none has anything to do.
    private mutating func readAll() throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            for hub in hubs where hub.run() > 0 { isQuiet = false }
            for index in subscribers.indices where try receive(index, upTo: .max) > 0 {
                isQuiet = false
            }
        }
    }

    /// What the message brings must be exactly what lies between the token before and its own.
    private mutating func check(_ message: WatcherMessage, _ index: Int) throws {
        let position = try message.position()
        let missing = expected(for: subscribers[index], upTo: position)
        switch message.content {
        case .events(let events):
            #expect(position.epoch == subscribers[index].position?.epoch)
            let got = Dictionary(grouping: events, by: \.partition).mapValues { $0.map(\.revision) }
            #expect(got == missing)
            eventsChecked += events.count
        case .subscribed(let isResumed):
            #expect(missing.isEmpty)
            subscribers[index].becameLive(isResumed, position)
            if isResumed { resumed += 1 }
        case .progress:
            #expect(missing.isEmpty && subscribers[index].isLive)
        case .reset(let reason):
            resets[reason, default: 0] += 1
            subscribers[index].wasReset(reason, log)
        case .draining:
            Issue.record("nobody drains here")
        }
        subscribers[index].position = position
    }

    /// The revisions, by partition, that a subscriber is to get between where it is and there.
    private func expected(
        for subscriber: ModelSubscriber, upTo position: Position
    ) -> [Int: [UInt64]] {
        guard let from = subscriber.position, from.epoch == position.epoch,
            let history = histories[position.epoch]
        else { return [:] }
        var result: [Int: [UInt64]] = [:]
        for partition in history.indices {
            let (first, last) = (from.revisions[partition], position.revisions[partition])
            guard first < last else { continue }
            let revisions = (first + 1...last).filter {
                history[partition][Int($0 - 1)].map(subscriber.wants) ?? true
            }
            if !revisions.isEmpty { result[partition] = revisions }
        }
        return result
    }
}
