// Owns what is pending, what is under way and when what is tried again; pure: the clock and
// random numbers are passed in, and whoever holds it locks.

import CacheEngine
import RedisClient

/// The decisions of write-behind.
///
/// A key is *ready* (it has a write, and none of its writes is under way), or it is *flying*, and
/// perhaps has a newer write that waits. Ready keys stand in a line per partition. A partition
/// whose write failed pauses, longer each time, and then tries one write, until one succeeds:
/// then all may go again. So the trouble of one shard neither floods it nor holds the others up.
struct WriteBehindStateMachine: Sendable {
    /// A write and its place in time.
    struct Item: Sendable {
        var write: PendingWrite
        /// Grows with every write that is taken over.
        let ticket: UInt64
        /// When its key began to differ from the shared level.
        var beginning: PendingAges.Beginning
    }

    /// What is pending for one key: one of the two, or both.
    struct Slot: Sendable {
        var waiting: Item?
        var flying: Item?
        /// What the key will be in the end.
        var last: Item? { waiting ?? flying }

        func isPending(since beginning: PendingAges.Beginning) -> Bool {
            waiting?.beginning.ticket == beginning.ticket
                || flying?.beginning.ticket == beginning.ticket
        }
    }

    /// What it still does.
    enum Phase: Sendable {
        case open, draining, closed
    }

    let limits: WriteBehindLimits
    var slots: [[UInt8]: Slot] = [:]
    var lanes: [WriteBehindLane] = []
    var workers: [WriteBehindWorker]
    /// How many partitions are in each trouble.
    var troubles: [WriteBehindTrouble: Int] = [:]
    /// Whether it takes writes, sends them, or neither.
    private(set) var phase = Phase.open
    var bytes = 0
    var flushed: UInt64 = 0
    var failed: UInt64 = 0
    var dropped: UInt64 = 0
    private var lastTicket: UInt64 = 0
    private var ages = PendingAges()

    init(_ limits: WriteBehindLimits, workers: Int) {
        self.limits = limits
        self.workers = Array(repeating: WriteBehindWorker(), count: workers)
    }

    /// Keys that have a pending write.
    var count: Int { slots.count }

    /// Takes a write over, if there is room; `wakes` is the worker that has to be woken for it.
    mutating func enqueue(
        _ write: PendingWrite, now: Timestamp
    ) -> (isTaken: Bool, wakes: Int?) {
        let slot = slots[write.key]
        let growth = write.costBytes - (slot?.waiting?.write.costBytes ?? 0)
        guard phase == .open, slot != nil || slots.count < limits.maxEntries,
            growth <= 0 || bytes + growth <= limits.maxBytes
        else { return (false, nil) }
        append(write, to: slot ?? Slot(), now: now)
        guard slot == nil else { return (true, nil) }
        return (true, makeReady(write.key, write.partition))
    }

    /// What the key will be; nil: nothing is pending.
    func pending(_ key: [UInt8], now: Timestamp) -> PendingWrite.Change? {
        guard let write = slots[key]?.last?.write else { return nil }
        if let expiresAt = write.expiresAt, expiresAt <= now { return .remove }
        return write.change
    }

    /// Turns the pending entries that match into removals; how many those were. They have room,
    /// even where there is none: it is little, and as many as are under way at most.
    mutating func removeAll(
        by writer: [UInt8], now: Timestamp, where matches: (CacheEntry) -> Bool
    ) -> Int {
        let removals = slots.values.compactMap { slot -> (PendingWrite, Slot)? in
            guard let last = slot.last, case .set(let entry) = last.write.change, matches(entry)
            else { return nil }
            return (last.write.removal(by: writer), slot)
        }
        for (removal, slot) in removals { append(removal, to: slot, now: now) }
        return removals.count
    }

    /// Takes no more writes, and has everything tried at once; the workers that have to be woken.
    mutating func drain() -> [Int] {
        phase = .draining
        return lanes.indices.compactMap { lane in
            lanes[lane].pausedUntil = nil
            return makeDue(lane)
        }
    }

    /// Sends nothing more.
    mutating func close() { phase = .closed }

    /// Counters.
    mutating func statistics(now: Timestamp) -> WriteBehindStatistics {
        let oldest = ages.oldest { slots[$0.key]?.isPending(since: $0) == true }
        var statistics = WriteBehindStatistics()
        statistics.entries = slots.count
        statistics.bytes = bytes
        statistics.maxBytes = limits.maxBytes
        statistics.oldestAge = oldest.map { now - $0 }
        statistics.flushed = flushed
        statistics.failed = failed
        statistics.dropped = dropped
        return statistics
    }

    /// Makes a write the last one of its key.
    private mutating func append(_ write: PendingWrite, to slot: Slot, now: Timestamp) {
        lastTicket += 1
        var slot = slot
        let beginning: PendingAges.Beginning
        if let replaced = slot.waiting {
            beginning = replaced.beginning
            bytes -= replaced.write.costBytes
        } else {
            beginning = .init(key: write.key, ticket: lastTicket, time: now)
            ages.append(beginning, pending: slots.count) {
                slots[$0.key]?.isPending(since: $0) == true
            }
        }
        bytes += write.costBytes
        slot.waiting = Item(write: write, ticket: lastTicket, beginning: beginning)
        slots[write.key] = slot
    }
}
