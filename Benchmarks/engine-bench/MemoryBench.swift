// Measures what entries cost in resident memory, and how well the budget tells it.

import CacheEngine

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Bytes per entry beyond key and value.
struct MemoryBench {
    let isQuick: Bool

    /// Measures one figure, and should be all that a process does: what another engine freed may
    /// be resident still, and would be had for nothing.
    func run(_ part: String?) -> Bool {
        let small = isQuick ? 50_000 : 500_000
        switch part {
        case "plain":
            EngineBench.tell("entry-overhead", [overhead(small, ttl: .inherited)])
        case "expiring":
            let ttl = TimeToLive.after(.seconds(3_600))
            EngineBench.tell("entry-overhead-expiring", [overhead(small, ttl: ttl)])
        case "budget":
            EngineBench.tell("budget-accuracy", [accuracy(isQuick ? 100_000 : 10_000_000)])
        default: return false
        }
        return true
    }

    /// The resident set of twice so many entries, minus that of so many, after churn.
    private func overhead(_ count: Int, ttl: TimeToLive) -> Double {
        let engine = SpeedBench.engine(maxBytes: 64 << 30)
        var payload = 0
        var numbers = Zipf(count: 10, theta: 0.5, seed: 1)
        func store(_ range: Range<Int>, adding: Bool) {
            for number in range {
                let valueBytes = 60 + Int(numbers.random() % 80)
                payload += put(engine, number, valueBytes, ttl, adding: adding)
            }
        }
        store(0..<count, adding: true)
        for _ in 0..<2 { store(0..<count, adding: false) }
        let first = (resident: Self.residentBytes(), payload: payload)
        store(count..<2 * count, adding: true)
        for _ in 0..<2 { store(0..<2 * count, adding: false) }
        let growth = Self.residentBytes() - first.resident
        return Double(growth - (payload - first.payload)) / Double(count)
    }

    /// Stores an entry; answers by how many bytes key and value grew.
    private func put(
        _ engine: CacheEngine, _ number: Int, _ valueBytes: Int, _ ttl: TimeToLive, adding: Bool
    ) -> Int {
        withUnsafeTemporaryAllocation(byteCount: Workload.keyBytes + 256, alignment: 8) { buffer in
            let start = buffer.baseAddress.unsafelyUnwrapped
            Workload.write(number, to: start)
            let key = UnsafeRawBufferPointer(start: start, count: Workload.keyBytes)
            let value = UnsafeRawBufferPointer(start: start, count: valueBytes)
            let old = adding ? 0 : engine.peek(key, now: SpeedBench.now)?.value.count ?? 0
            _ = engine.set(EntryDraft(key: key, value: value, ttl: ttl), now: SpeedBench.now)
            return adding ? Workload.keyBytes + valueBytes : valueBytes - old
        }
    }

    /// What the budget counts of so many entries, divided by what they take.
    private func accuracy(_ count: Int) -> Double {
        let before = Self.residentBytes()
        let engine = SpeedBench.engine(maxBytes: 64 << 30)
        var numbers = Zipf(count: 10, theta: 0.5, seed: 2)
        for number in 0..<count {
            _ = put(
                engine, number, 20 + Int(numbers.random() % 160), .inherited, adding: true)
        }
        let counted = engine.statistics().totals.bytes
        return Double(Self.residentBytes() - before) / Double(counted)
    }

    static func residentBytes() -> Int {
        #if canImport(Glibc)
            guard let file = fopen("/proc/self/statm", "r") else { return 0 }
            defer { fclose(file) }
            var text = [UInt8](repeating: 0, count: 128)
            let count = fread(&text, 1, text.count, file)
            let pages = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ")
            return (Int(pages[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
        #else
            return 0
        #endif
    }
}
