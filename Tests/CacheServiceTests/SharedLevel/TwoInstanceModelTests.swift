// Two instances on one server under random calls, against what may be read.

import CacheManagerClient
import Invalidation
import Locks
import Testing

@testable import CacheService

/// What was written, in the order of the versions, and what nobody may read any more.
private final class History: Sendable {
    private struct State {
        /// The least version that an instance may read of a key, because it was told so.
        var floors: [[String: UInt64]] = [[:], [:]]
        /// The value of each version of each key.
        var values: [String: [UInt64: [UInt8]]] = [:]
    }

    private let state = Locked(State())

    func wrote(_ value: [UInt8], _ key: String, _ version: UInt64, on instance: Int) {
        state.withLock { state in
            state.values[key, default: [:]][version] = value
            Self.raise(&state, key, version, instance)
        }
    }

    func removed(_ key: String, _ version: UInt64, on instance: Int) {
        state.withLock { Self.raise(&$0, key, version, instance) }
    }

    func floor(_ key: String, on instance: Int) -> UInt64 {
        state.withLock { $0.floors[instance][key] ?? 0 }
    }

    /// Nil where the version's writer has not been answered yet.
    func value(_ key: String, of version: UInt64) -> [UInt8]? {
        state.withLock { $0.values[key]?[version] }
    }

    private static func raise(
        _ state: inout State, _ key: String, _ version: UInt64, _ instance: Int
    ) {
        state.floors[instance][key] = max(state.floors[instance][key] ?? 0, version)
    }
}

@Suite(.realServers) struct TwoInstanceModelTests {
    @Test("no read is older than what its instance was told, and none is made up")
    func random() async throws {
        try await withInstances(2) { instances, _ in
            let history = History()
            await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<6 {
                    group.addTask {
                        var random = SeededGenerator(state: UInt64(worker) + 1)
                        for round in 0..<300 {
                            try await Self.act(
                                worker, round, instances, history, &random)
                        }
                    }
                }
            }
            // Once everything has been heard, both read the same, and the latest.
            try await Self.quiet(instances)
            for number in 0..<8 {
                let key = "k\(number)"
                let shared = try await instances[0].cache.get(key, mode: .skipL1)
                for (index, instance) in instances.enumerated() {
                    let entry = try await instance.cache.get(key)
                    #expect(entry?.version == shared?.version)
                    #expect(entry.map { $0.version >= history.floor(key, on: index) } ?? true)
                }
            }
        }
    }

    private static func act(
        _ worker: Int, _ round: Int, _ instances: [TwoLevelInstance], _ history: History,
        _ random: inout SeededGenerator
    ) async throws {
        let instance = Int.random(in: 0..<2, using: &random)
        let cache = instances[instance].cache
        let key = "k\(Int.random(in: 0..<8, using: &random))"
        let floor = history.floor(key, on: instance)
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<12:
            guard let entry = try await cache.get(key) else { return }
            #expect(entry.version >= floor, "version \(entry.version) below \(floor)")
            if let value = history.value(key, of: entry.version) { #expect(entry.value == value) }
        case 12..<17:
            let value = Array("\(worker) \(round)".utf8)
            guard case .stored(let version, _) = try await cache.set(key, value) else {
                Issue.record("a set without a condition is made")
                return
            }
            history.wrote(value, key, version, on: instance)
        case 17..<19:
            if let version = try await cache.delete(key).version {
                history.removed(key, version, on: instance)
            }
        default:
            try await cache.invalidate(.pattern("k[0-3]"))
        }
    }

    /// Makes a last write of each key and waits until both instances have heard of it.
    private static func quiet(_ instances: [TwoLevelInstance]) async throws {
        for number in 0..<8 {
            let key = "k\(number)"
            guard case .stored(let version, _) = try await instances[0].cache.set(key, []) else {
                Issue.record("a set without a condition is made")
                return
            }
            let partition = Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
            try await eventually {
                instances.allSatisfy { $0.log.revision(of: partition) >= version }
            }
        }
    }
}
