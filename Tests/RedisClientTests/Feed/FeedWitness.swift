// A delegate that remembers what it was told and holds it against the rules.

import Invalidation
import Locks
import NIOCore

@testable import RedisClient

/// What a feed has told, partition by partition.
final class FeedWitness: FeedDelegate {
    /// One partition as it was told.
    struct Partition {
        var place: FeedPlace
        /// The revision of every key whose change was told.
        var keys: [String: UInt64] = [:]
        var resets: [FeedPlace] = []
        /// From its beginning on, until it is said to be repaired.
        var isLost = true
        var losses = 0
        var moves = 0
    }

    private struct State {
        var partitions: [Int: Partition] = [:]
        var violations: [String] = []
        var lossTimes: [NIODeadline] = []
    }

    private let state = Locked(State())

    var partitions: [Int: Partition] { state.withLock { $0.partitions } }
    /// What it should never have been told.
    var violations: [String] { state.withLock { $0.violations } }
    /// When servers were heard last that were lost.
    var lossTimes: [NIODeadline] { state.withLock { $0.lossTimes } }
    var lostCount: Int { partitions.values.count(where: \.isLost) }
    var resets: Int { partitions.values.reduce(0) { $0 + $1.resets.count } }
    /// The revision of every key whose change was told, in any partition.
    var keys: [String: UInt64] {
        partitions.values.reduce(into: [:]) { $0.merge($1.keys) { first, _ in first } }
    }

    func began(partition: Int, epoch: UInt64, revision: UInt64, events: [InvalidationEvent]) {
        state.withLock { state in
            if state.partitions[partition] != nil {
                state.violations.append("\(partition) began again")
            }
            var told = Partition(place: FeedPlace(epoch: epoch, revision: revision))
            var next = revision + 1 - UInt64(events.count)
            for event in events {
                if event.revision != next { state.violations.append("\(partition): a hole") }
                next += 1
                told.keys[key(of: event)] = event.revision
            }
            state.partitions[partition] = told
        }
    }

    func apply(_ event: FeedEvent) {
        change(event.partition) { told, violations in
            if told.place != FeedPlace(epoch: event.epoch, revision: event.revision - 1) {
                violations.append(
                    "\(event.partition): \(event.epoch)/\(event.revision) after \(told.place)")
            }
            told.place = FeedPlace(epoch: event.epoch, revision: event.revision)
            told.keys[key(of: event.change)] = event.revision
        }
    }

    func reset(partition: Int, epoch: UInt64, revision: UInt64) {
        change(partition) { told, _ in
            told.place = FeedPlace(epoch: epoch, revision: revision)
            told.resets.append(told.place)
        }
    }

    func feedLost(partitions: [Int], at time: NIODeadline) {
        state.withLock { $0.lossTimes.append(time) }
        for partition in partitions {
            change(partition) { told, violations in
                if told.isLost { violations.append("\(partition) was lost twice") }
                told.isLost = true
                told.losses += 1
            }
        }
    }

    func feedRepaired(partitions: [Int]) {
        for partition in partitions {
            change(partition) { told, violations in
                if !told.isLost { violations.append("\(partition) was not lost") }
                told.isLost = false
            }
        }
    }

    func feedMoved(partitions: [Int]) {
        for partition in partitions {
            change(partition) { told, violations in
                if !told.isLost { violations.append("\(partition) moved while it was live") }
                told.moves += 1
            }
        }
    }

    private func change(
        _ partition: Int, _ body: (inout Partition, inout [String]) -> Void
    ) {
        state.withLock { state in
            guard var told = state.partitions.removeValue(forKey: partition) else {
                return state.violations.append("\(partition) has not begun")
            }
            body(&told, &state.violations)
            state.partitions[partition] = told
        }
    }
}
