// Measures how long calls wait while another thread works on a million entries.

import CacheEngine
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The longest call, in microseconds, of a thread that reads and writes keys of its own.
///
/// What the wall says is told. A call in which the system took the processor from the thread does
/// not count: that says nothing about the engine.
struct PausesBench {
    private static let ownKeys = 10_000
    /// A round in which the other thread made fewer calls says nothing.
    private static let leastCalls = 1_000
    let isQuick: Bool

    private var entries: Int { isQuick ? 200_000 : 1_000_000 }
    private var rounds: Int { isQuick ? 3 : 5 }

    func run() {
        var figures: [(name: String, rounds: [Double])] = []
        func add(_ name: String, _ measure: () -> Double?) {
            var measured: [Double] = []
            for _ in 0..<3 * rounds where measured.count < rounds {
                if let figure = measure() { measured.append(figure) }
            }
            precondition(measured.count == rounds, "the other thread got no processor")
            figures.append((name, measured))
        }
        add("grow") { longestSet() }
        let engine = self.engine()
        add("quiet") {
            longest(engine) { Self.fill(SpeedBench.engine(), 0..<entries, .inherited) }
        }
        add("clear-namespace") {
            Self.fill(engine, 0..<entries, .inherited)
            return longest(engine) {
                let removed = engine.removeAll(
                    now: SpeedBench.now, where: { $0.key.starts(with: "user:".utf8) })
                precondition(removed == entries, "the namespace is cleared")
            }
        }
        add("clear-all") {
            Self.fill(engine, 0..<entries, .inherited)
            return longest(engine) {
                precondition(engine.removeEverything() >= entries, "all is cleared")
            }
        }
        add("expire") {
            Self.fill(engine, 0..<entries, .after(.seconds(1)))
            return longest(engine) {
                let later = SpeedBench.now + .seconds(2)
                precondition(engine.sweep(now: later, maxRemovals: .max).removed == entries)
            }
        }
        Self.fill(engine, 0..<entries, .inherited)
        var isOwn = false
        add("reconfigure") {
            isOwn.toggle()
            let configuration = Self.configuration(isOwn)
            return longest(engine) { engine.reconfigure(configuration) }
        }
        for figure in figures { EngineBench.tell(figure.name, figure.rounds) }
    }

    private static func configuration(_ isOwn: Bool) -> EngineConfiguration {
        let user = NamespaceConfiguration(name: "user", maxBytes: 2 << 30, eviction: .lru)
        return EngineConfiguration(maxBytes: 4 << 30, namespaces: isOwn ? [user] : [])
    }

    private final class Revisions: Sendable {
        let last = Atomic<UInt64>(0)
    }

    private func engine() -> CacheEngine {
        let revisions = Revisions()
        return CacheEngine(configuration: Self.configuration(false), hashSeed: (1, 2)) { _ in
            revisions.last.wrappingAdd(1, ordering: .relaxed).newValue
        }
    }

    private static func fill(_ engine: CacheEngine, _ numbers: Range<Int>, _ ttl: TimeToLive) {
        for number in numbers { set(engine, number, "user:profile:", ttl) }
    }

    /// Stores an entry of 100 bytes.
    private static func set(
        _ engine: CacheEngine, _ number: Int, _ prefix: StaticString, _ ttl: TimeToLive = .never
    ) {
        withKey(number, prefix) { bytes in
            let key = UnsafeRawBufferPointer(rebasing: bytes[..<Workload.keyBytes])
            _ = engine.set(EntryDraft(key: key, value: bytes, ttl: ttl), now: SpeedBench.now)
        }
    }

    private static func withKey<Result>(
        _ number: Int, _ prefix: StaticString, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(byteCount: Workload.valueBytes, alignment: 8) { buffer in
            buffer.initializeMemory(as: UInt8.self, repeating: 7)
            let start = buffer.baseAddress.unsafelyUnwrapped
            Workload.write(number, to: start)
            start.copyMemory(from: prefix.utf8Start, byteCount: prefix.utf8CodeUnitCount)
            return body(UnsafeRawBufferPointer(buffer))
        }
    }

    /// The longest call of another thread while `work` is done; nil where it made too few.
    private func longest(_ engine: CacheEngine, _ work: () -> Void) -> Double? {
        for number in 0..<Self.ownKeys { Self.set(engine, number, "other:") }
        let isOver = Atomic<Bool>(false)
        let longest = Atomic<UInt64>(0)
        let calls = Atomic<Int>(0)
        let caller = DispatchQueue(label: "caller")
        let ended = DispatchGroup()
        let began = DispatchSemaphore(value: 0)
        caller.async(group: ended) {
            began.signal()
            var number = 0
            while !isOver.load(ordering: .relaxed) {
                number = (number + 7_919) % Self.ownKeys
                let nanoseconds = Self.wait {
                    if number % 2 == 0 {
                        Self.withKey(number, "other:") { bytes in
                            let key = UnsafeRawBufferPointer(rebasing: bytes[..<Workload.keyBytes])
                            _ = SpeedBench.read(engine, key)
                        }
                    } else {
                        Self.set(engine, number, "other:")
                    }
                }
                guard let nanoseconds else { continue }
                longest.max(nanoseconds, ordering: .relaxed)
                calls.add(1, ordering: .relaxed)
            }
        }
        began.wait()
        let callsBefore = calls.load(ordering: .relaxed)
        work()
        let made = calls.load(ordering: .relaxed) - callsBefore
        isOver.store(true, ordering: .relaxed)
        ended.wait()
        return made < Self.leastCalls ? nil : Double(longest.load(ordering: .relaxed)) / 1_000
    }

    /// The longest of the sets that make an empty cache grow.
    private func longestSet() -> Double {
        let engine = self.engine()
        var longest: UInt64 = 0
        for number in 0..<entries {
            let nanoseconds = Self.wait { Self.set(engine, number, "user:profile:") }
            longest = max(longest, nanoseconds ?? 0)
        }
        return Double(longest) / 1_000
    }

    /// How long `body` takes on the wall; nil where the thread lost its processor meanwhile.
    private static func wait(_ body: () -> Void) -> UInt64? {
        let before = (preemptions(), DispatchTime.now().uptimeNanoseconds)
        body()
        let after = (DispatchTime.now().uptimeNanoseconds, preemptions())
        return after.1 == before.0 ? after.0 - before.1 : nil
    }

    /// How often the thread lost its processor to another one.
    private static func preemptions() -> Int {
        #if canImport(Glibc)
            var usage = rusage()
            getrusage(1, &usage)  // RUSAGE_THREAD
            return usage.ru_nivcsw
        #else
            return 0
        #endif
    }
}
