// Measures how long the engine's calls take; rounds alternate with what they are compared to.

import CacheEngine
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Nanoseconds per call.
struct SpeedBench {
    private static let residentEntries = 1_000
    let isQuick: Bool

    private var largeEntries: Int { isQuick ? 100_000 : 1_000_000 }
    private var calls: Int { isQuick ? 200_000 : 2_000_000 }
    private var rounds: Int { isQuick ? 3 : 11 }

    /// - Parameter part: Which measurement; nil: all.
    func run(_ part: String?) {
        if part == nil || part == "resident" { resident() }
        if part == nil || part == "coalescer" { coalescer() }
        if part == nil || part == "hit" { against() }
    }

    static func engine(maxBytes: Int = 4 << 30) -> CacheEngine {
        let counter = Revisions()
        return CacheEngine(
            configuration: EngineConfiguration(maxBytes: maxBytes), hashSeed: (0x1234, 0x5678)
        ) { _ in counter.next() }
    }

    private final class Revisions: Sendable {
        private let last = Atomic<UInt64>(0)
        func next() -> UInt64 { last.wrappingAdd(1, ordering: .relaxed).newValue }
    }

    static let now = Timestamp(nanoseconds: 1_700_000_000_000_000_000)

    static func fill(_ engine: CacheEngine, count: Int) {
        let keys = Workload(numbers: Array(0..<count))
        let value = [UInt8](repeating: 7, count: Workload.valueBytes)
        value.withUnsafeBytes { value in
            for index in 0..<count {
                _ = engine.set(EntryDraft(key: keys.key(index), value: value), now: now)
            }
        }
    }

    /// The first byte of the value, 0 on a miss.
    @inline(__always)
    static func read(_ engine: CacheEngine, _ key: UnsafeRawBufferPointer) -> Int {
        engine.withEntry(key, now: now) { Int($0.value[0]) } ?? 0
    }

    /// What each of so many calls takes of a processor; other programs do not count.
    private static func nanoseconds(_ calls: Int, _ body: () -> Void) -> Double {
        let before = read(CLOCK_PROCESS_CPUTIME_ID)
        body()
        return (read(CLOCK_PROCESS_CPUTIME_ID) - before) / Double(calls)
    }

    /// What passes on the wall until `body` has returned.
    private static func passing(_ body: () -> Void) -> Double {
        let before = read(CLOCK_MONOTONIC)
        body()
        return read(CLOCK_MONOTONIC) - before
    }

    private static func read(_ clock: clockid_t) -> Double {
        var moment = timespec()
        clock_gettime(clock, &moment)
        return Double(moment.tv_sec) * 1e9 + Double(moment.tv_nsec)
    }

    /// Gets and sets of so few entries that the caches of a core hold them.
    private func resident() {
        let engine = Self.engine()
        Self.fill(engine, count: Self.residentEntries)
        let keys = Workload(numbers: (0..<4_096).map { $0 * 7_919 % Self.residentEntries })
        let value = [UInt8](repeating: 9, count: Workload.valueBytes)
        var gets: [Double] = []
        var sets: [Double] = []
        var both: [Double] = []
        for _ in 0..<rounds {
            gets.append(reads(engine, keys, threads: 1))
            sets.append(
                Self.nanoseconds(calls) {
                    value.withUnsafeBytes { value in
                        for index in 0..<calls {
                            let draft = EntryDraft(key: keys.key(index & 4_095), value: value)
                            _ = engine.set(draft, now: Self.now)
                        }
                    }
                })
            both.append(reads(engine, keys, threads: 2))
        }
        EngineBench.tell("get", gets)
        EngineBench.tell("set", sets)
        EngineBench.tell("concurrent-get", both)
    }

    /// Nanoseconds of a processor per get.
    private func reads(_ engine: CacheEngine, _ keys: Workload, threads: Int) -> Double {
        let calls = self.calls
        return Self.nanoseconds(threads * calls) {
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                var sum = 0
                var index = thread * 1_031
                // Not the same way: the faster thread would catch up with the other, and then
                // always want the lock that it has.
                let step = thread.isMultiple(of: 2) ? 1 : keys.count - 1
                for _ in 0..<calls {
                    if index >= keys.count { index &-= keys.count }
                    sum &+= Self.read(engine, keys.key(index))
                    index &+= step
                }
                precondition(sum > 0)
            }
        }
    }

    /// Reads of keys that a shared level fills: who joins a flight that is under way and is given
    /// what it brought; who flies alone; who finds the entry and keeps it.
    private func coalescer() {
        let engine = Self.engine()
        let keys = Workload(numbers: Array(0..<64))
        var joined: [Double] = []
        var alone: [Double] = []
        var found: [Double] = []
        for _ in 0..<rounds {
            joined.append(joins(engine, keys))
            alone.append(
                Self.nanoseconds(calls) {
                    for turn in 0..<calls {
                        engine.finish(lead(engine, keys.key(turn & 63)), .success(nil))
                    }
                })
        }
        Self.fill(engine, count: keys.count)
        for _ in 0..<rounds {
            found.append(
                Self.nanoseconds(calls) {
                    for turn in 0..<calls {
                        guard
                            case .hit = engine.board(
                                keys.key(turn & 63), partition: 0, now: Self.now)
                        else { preconditionFailure("the entry is there") }
                    }
                })
        }
        EngineBench.tell("coalescer", joined)
        EngineBench.tell("coalescer-alone", alone)
        EngineBench.tell("coalescer-hit", found)
    }

    private func lead(_ engine: CacheEngine, _ key: UnsafeRawBufferPointer) -> Fill {
        guard case .leads(let fill) = engine.board(key, partition: 0, now: Self.now) else {
            preconditionFailure("somebody else leads")
        }
        return fill
    }

    /// A thousand callers for each flight, one of which leads it.
    private func joins(_ engine: CacheEngine, _ keys: Workload) -> Double {
        let joiners = 1_000
        let turns = max(1, calls / joiners / 4)
        let answered = Atomic<Int>(0)
        let time = Self.nanoseconds(turns * joiners) {
            for turn in 0..<turns {
                let key = keys.key(turn & 63)
                let fill = lead(engine, key)
                for _ in 1..<joiners {
                    guard case .joins(let wait) = engine.board(key, partition: 0, now: Self.now)
                    else { preconditionFailure("nobody leads") }
                    wait.whenComplete { _ in answered.add(1, ordering: .relaxed) }
                }
                engine.finish(fill, .success(nil))
            }
        }
        precondition(answered.load(ordering: .relaxed) == turns * (joiners - 1), "all are told")
        return time
    }

    /// A million entries by Zipf's law against a dictionary behind a mutex, and two threads.
    private func against() {
        let engine = Self.engine()
        Self.fill(engine, count: largeEntries)
        var zipf = Zipf(count: largeEntries, theta: 0.99, seed: 42)
        let keys = Workload(numbers: (0..<calls).map { _ in zipf.next() }, withStrings: true)
        let values = (0..<largeEntries).map {
            (Workload.text($0), [UInt8](repeating: 7, count: Workload.valueBytes))
        }
        let dictionary = Mutex(Dictionary(uniqueKeysWithValues: values))
        var ours: [Double] = []
        var theirs: [Double] = []
        var both: [Double] = []
        // How many times the calls that two threads get done.
        var gains: [Double] = []
        for _ in 0..<rounds {
            let alone = Self.passing { ours.append(reads(engine, keys, threads: 1)) }
            theirs.append(
                Self.nanoseconds(calls) {
                    var sum = 0
                    for key in keys.strings {
                        let value = dictionary.withLock { $0[key] }
                        sum &+= value.map { Int($0[0]) } ?? 0
                    }
                    precondition(sum > 0)
                })
            let together = Self.passing { both.append(reads(engine, keys, threads: 2)) }
            gains.append(2 * alone / together)
        }
        EngineBench.tell("hit", ours)
        EngineBench.tell("dictionary", theirs)
        EngineBench.tell("hit-two-threads", both)
        EngineBench.tell("two-threads-gain", gains)
    }
}
