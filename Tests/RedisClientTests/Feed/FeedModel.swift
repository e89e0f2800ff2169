// A partition on a server that exists in the test only, and what its feed makes of it.

import Invalidation
import Testing

@testable import RedisClient

/// Runs a server, a connection that drops, repeats and reorders, and the machine, step by step in
/// an order given by a seed. Every change is known by its key, so what is told can be held against
/// what happened.
struct FeedModel {
    private enum Item {
        case message(epoch: UInt64, revision: UInt64, key: String, isMalformed: Bool)
        case adopted(FeedPlace)
        case loaded(PartitionFeedStateMachine.Batch)
        case read(PartitionFeedStateMachine.Batch)
    }

    private struct Entry {
        let revision: UInt64
        let key: String
        var isReadable = true
    }

    private var random: FeedGenerator
    private var machine: PartitionFeedStateMachine

    // The server.
    private var epoch: UInt64 = 1
    private var epochs: UInt64 = 1
    private var revision: UInt64 = 0
    private var hasNewHome = false
    private var log: [Entry] = []
    private var changes = 0
    /// The key of every change there ever was.
    private var keys: [FeedPlace: String] = [:]

    // The connection.
    private var isConnected = false
    private var toServer: [PartitionFeedStateMachine.Request] = []
    private var toFeed: [Item] = []

    // What the delegate was told.
    private var told: FeedPlace?
    private(set) var eventsTold = 0
    private(set) var resets = 0
    private(set) var gaps = 0

    init(seed: UInt64) {
        random = FeedGenerator(seed: seed)
        machine = PartitionFeedStateMachine(maxLoaded: Int(seed % 5) * 4)
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps { step() }
        settle()
    }

    private mutating func step() {
        switch random.next() % 64 {
        case 0...19: write()
        case 20...31: serve()
        case 32...51: deliver()
        case 52, 53: disturb()
        case 54: if random.chance(2) { disconnect() }
        case 55...57: if !isConnected { connect() }
        case 58: log.removeFirst(min(log.count, Int(random.next() % 4)))
        case 59: if random.chance(8) { forgetEverything() }
        case 60: if random.chance(4) { failOver() }
        case 61: if random.chance(4), !log.isEmpty { spoilEntry() }
        default: if random.chance(6) { for _ in 0..<300 { write() } }
        }
    }

    /// With a connection that does no harm, and one more change, all must be known.
    private mutating func settle() {
        if !isConnected { connect() }
        while !toServer.isEmpty || !toFeed.isEmpty {
            serve()
            deliver()
        }
        write()
        while !toServer.isEmpty || !toFeed.isEmpty {
            serve()
            deliver()
        }
        #expect(machine.isLive)
        #expect(told == FeedPlace(epoch: epoch, revision: revision))
    }

    // MARK: - The server

    private mutating func write() {
        revision += 1
        changes += 1
        let key = "c\(changes)"
        keys[FeedPlace(epoch: epoch, revision: revision)] = key
        log.append(Entry(revision: revision, key: key))
        if log.count > 400 { log.removeFirst(100) }
        guard isConnected else { return }
        toFeed.append(.message(epoch: epoch, revision: revision, key: key, isMalformed: false))
    }

    /// As FLUSHALL: the next change begins another epoch, further on.
    private mutating func forgetEverything() {
        begin(at: revision + 1 + random.next() % 5)
        hasNewHome = true
    }

    /// The connection ends, and the newest changes are lost with the old master.
    private mutating func failOver() {
        disconnect()
        let lost = min(log.count, Int(random.next() % 3))
        log.removeLast(lost)
        revision -= UInt64(lost)
        hasNewHome = true
    }

    private mutating func spoilEntry() {
        log[Int(random.next() % UInt64(log.count))].isReadable = false
    }

    private mutating func begin(at revision: UInt64) {
        epochs += 1
        epoch = epochs
        self.revision = revision
        log = []
    }

    private mutating func serve() {
        guard !toServer.isEmpty else { return }
        switch toServer.removeFirst() {
        case .adopt:
            let known = machine.place
            let isBehind = known.map { $0.epoch == epoch && $0.revision > revision } ?? false
            if hasNewHome || isBehind {
                begin(at: max(revision, known?.revision ?? 0) + random.next() % 3)
                hasNewHome = false
            }
            toFeed.append(.adopted(FeedPlace(epoch: epoch, revision: revision)))
        case .load(let last, let count):
            let entries = log.reversed().filter { $0.revision <= last }
            toFeed.append(.loaded(batch(Array(entries.prefix(count)), count)))
        case .read(let after, let count):
            let entries = log.filter { $0.revision > after }
            toFeed.append(.read(batch(Array(entries.prefix(count)), count)))
        }
    }

    private func batch(_ entries: [Entry], _ count: Int) -> PartitionFeedStateMachine.Batch {
        let readable = entries.prefix { $0.isReadable }
        return .init(
            events: readable.map { sampleEvent($0.revision, key: $0.key) },
            isLast: entries.count < count, isReadable: readable.count == entries.count)
    }

    // MARK: - The connection

    private mutating func connect() {
        isConnected = true
        machine.attach()
        toServer = [.adopt]
    }

    private mutating func disconnect() {
        isConnected = false
        (toServer, toFeed) = ([], [])
        machine.detach()
    }

    /// Drops, repeats, reorders or spoils a message on its way.
    private mutating func disturb() {
        guard let index = toFeed.indices.randomElement(using: &random),
            case .message(let epoch, let revision, let key, _) = toFeed[index]
        else { return }
        switch random.next() % 4 {
        case 0: toFeed.remove(at: index)
        case 1: toFeed.append(toFeed[index])
        case 2: toFeed.swapAt(index, toFeed.startIndex)
        default:
            toFeed[index] = .message(
                epoch: epoch, revision: revision, key: key, isMalformed: true)
        }
    }

    private mutating func deliver() {
        guard !toFeed.isEmpty else { return }
        switch toFeed.removeFirst() {
        case .adopted(let place): take(machine.adopted(place))
        case .loaded(let batch): take(machine.loaded(batch))
        case .read(let batch): take(machine.read(batch))
        case .message(_, _, _, isMalformed: true): take(machine.receivedMalformed())
        case .message(let epoch, let revision, let key, isMalformed: false):
            switch machine.received(sampleEvent(revision, key: key), epoch: epoch) {
            case .none, .ignoreDuplicate: break
            case .deliver: check(epoch, revision, key)
            case .take(let step): take(step)
            }
        }
    }

    // MARK: - What was told

    private mutating func take(_ step: PartitionFeedStateMachine.Step) {
        if step.isGap { gaps += 1 }
        var wasLive = false
        for news in step.news {
            #expect(!wasLive, "nothing comes after live")
            switch news {
            case .began(let place, let events):
                #expect(told == nil)
                told = events.first.map { .init(epoch: place.epoch, revision: $0.revision - 1) }
                for event in events {
                    check(place.epoch, event.revision, RedisClientTests.key(of: event))
                }
                #expect(events.isEmpty || told == place)
                told = place
            case .events(let events, _):
                #expect(!events.isEmpty)
                for event in events {
                    check(told?.epoch ?? 0, event.revision, RedisClientTests.key(of: event))
                }
            case .reset(let place):
                #expect(told != nil)
                resets += 1
                told = place
            case .live:
                wasLive = true
            }
        }
        #expect(wasLive == (machine.isLive && step.request == nil && !step.news.isEmpty))
        if let request = step.request { toServer.append(request) }
    }

    /// The change must be the next one, and the one that the server made.
    private mutating func check(_ epoch: UInt64, _ revision: UInt64, _ key: String) {
        let place = FeedPlace(epoch: epoch, revision: revision)
        #expect(told == FeedPlace(epoch: epoch, revision: revision - 1))
        #expect(keys[place] == key)
        told = place
        eventsTold += 1
    }
}

/// A random generator that repeats itself: SplitMix64 (Steele, Lea, Flood, 2014).
struct FeedGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `count` times.
    mutating func chance(_ count: UInt64) -> Bool { next() % count == 0 }
}
