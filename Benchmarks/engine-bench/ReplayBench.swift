// Replays recorded requests through the engine as it is in production, and counts the hits.

import CacheEngine
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A trace, and what it is replayed with: `replay FILE ENTRIES [POLICY [THREADS [SEED]]]`.
///
/// The file has the keys, 8 bytes each. A key that is not there is stored. With several threads
/// each takes the next request that nobody has taken.
struct ReplayBench {
    private let keys: [UInt64]
    private let entries: Int
    private let policy: EvictionPolicyName
    private let threads: Int
    private let seed: UInt64

    /// Nil: the arguments make no sense.
    init?(_ arguments: [String]) {
        guard arguments.count >= 2, let entries = Int(arguments[1]), entries > 0,
            let keys = Self.read(arguments[0])
        else { return nil }
        let name = arguments.count > 2 ? arguments[2] : EvictionPolicyName.standard.rawValue
        let threads = arguments.count > 3 ? Int(arguments[3]) : 1
        let seed = arguments.count > 4 ? UInt64(arguments[4]) : 1
        guard let policy = EvictionPolicyName(rawValue: name), let threads, threads > 0, let seed
        else { return nil }
        self.keys = keys
        self.entries = entries
        self.policy = policy
        self.threads = threads
        self.seed = seed
    }

    private static func read(_ path: String) -> [UInt64]? {
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let count = max(0, ftell(file)) / 8
        rewind(file)
        var keys = [UInt64](repeating: 0, count: count)
        let read = keys.withUnsafeMutableBytes { fread($0.baseAddress, 8, count, file) }
        return read == count ? keys : nil
    }

    /// Prints hits, requests, and evictions by reason.
    func run() {
        let revision = Revision()
        let configuration = EngineConfiguration(
            maxBytes: 1 << 40, maxEntries: entries, eviction: policy)
        let engine = CacheEngine(configuration: configuration, hashSeed: (seed, ~seed)) { _ in
            revision.last.wrappingAdd(1, ordering: .relaxed).newValue
        }
        let cursor = Atomic<Int>(0)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let index = cursor.wrappingAdd(1, ordering: .relaxed).oldValue
                guard index < keys.count else { return }
                request(keys[index], of: engine)
            }
        }
        let totals = engine.statistics().totals
        precondition(totals.entries <= entries, "the budget holds")
        print("hits", totals.hits, "requests", keys.count)
        for reason in EvictionReason.allCases where totals.evicted[reason] > 0 {
            print(reason, totals.evicted[reason])
        }
    }

    private final class Revision: Sendable {
        let last = Atomic<UInt64>(0)
    }

    private func request(_ number: UInt64, of engine: CacheEngine) {
        withUnsafeBytes(of: number) { key in
            if engine.withEntry(key, now: SpeedBench.now, { _ in true }) == nil {
                _ = engine.set(EntryDraft(key: key, value: key), now: SpeedBench.now)
            }
        }
    }
}
