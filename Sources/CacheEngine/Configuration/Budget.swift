// Owns the room of one or more namespaces, shared by all stripes; lock-free, any thread.

import Synchronization

/// A budget in bytes and entries, and what is taken of it.
final class Budget: Sendable {
    private let byteLimit = Atomic<Int>(0)
    private let entryLimit = Atomic<Int>(0)
    private let bytes = Atomic<Int>(0)
    private let entries = Atomic<Int>(0)

    init(maxBytes: Int, maxEntries: Int?) {
        limit(maxBytes: maxBytes, maxEntries: maxEntries)
    }

    var maxBytes: Int { byteLimit.load(ordering: .relaxed) }
    var maxEntries: Int { entryLimit.load(ordering: .relaxed) }

    /// Sets what may be taken from now on; what is taken already stays taken.
    func limit(maxBytes: Int, maxEntries: Int?) {
        byteLimit.store(max(0, maxBytes), ordering: .relaxed)
        entryLimit.store(max(0, maxEntries ?? .max), ordering: .relaxed)
    }

    /// Whether more is taken than allowed; only a reconfiguration brings that about.
    var isExceeded: Bool {
        bytes.load(ordering: .relaxed) > maxBytes || entries.load(ordering: .relaxed) > maxEntries
    }

    /// Takes both or none, never beyond the maximum.
    func reserve(bytes wantedBytes: Int, entries wantedEntries: Int) -> Bool {
        guard Self.take(wantedBytes, of: bytes, maximum: maxBytes) else { return false }
        guard Self.take(wantedEntries, of: entries, maximum: maxEntries) else {
            if wantedBytes > 0 { bytes.subtract(wantedBytes, ordering: .relaxed) }
            return false
        }
        return true
    }

    /// Takes what is there already, even beyond the maximum: entries that change their budget.
    func adopt(bytes count: Int, entries entryCount: Int) {
        bytes.add(count, ordering: .relaxed)
        entries.add(entryCount, ordering: .relaxed)
    }

    func release(bytes count: Int, entries entryCount: Int) {
        if count != 0 { bytes.subtract(count, ordering: .relaxed) }
        if entryCount != 0 { entries.subtract(entryCount, ordering: .relaxed) }
    }

    private static func take(_ wanted: Int, of taken: borrowing Atomic<Int>, maximum: Int) -> Bool {
        guard wanted > 0 else { return true }
        var current = taken.load(ordering: .relaxed)
        while current <= maximum - wanted {
            let (exchanged, seen) = taken.weakCompareExchange(
                expected: current, desired: current + wanted, ordering: .relaxed)
            if exchanged { return true }
            current = seen
        }
        return false
    }
}
