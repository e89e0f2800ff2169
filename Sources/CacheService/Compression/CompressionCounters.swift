// Counts what compressing values has saved; any thread.

import Synchronization

/// What was counted of the values that this instance stored.
struct CompressionReading: Hashable, Sendable {
    /// Values that were stored compressed.
    var compressed: UInt64 = 0
    /// Values that were tried, and stored as they came since too little would have been saved.
    var leftPlain: UInt64 = 0
    /// Bytes of the compressed ones before.
    var bytesBefore: UInt64 = 0
    /// Bytes of the compressed ones after.
    var bytesAfter: UInt64 = 0
}

/// The counters behind that: touched by values above the threshold only, so one set will do.
final class CompressionCounters: Sendable {
    private let compressed = Atomic<UInt64>(0)
    private let leftPlain = Atomic<UInt64>(0)
    private let bytesBefore = Atomic<UInt64>(0)
    private let bytesAfter = Atomic<UInt64>(0)

    /// A value was tried; `after` is what it takes compressed, nil where it stays as it is.
    func add(before: Int, after: Int?) {
        guard let after else { return leftPlain.count() }
        compressed.count()
        bytesBefore.count(UInt64(before))
        bytesAfter.count(UInt64(after))
    }

    var reading: CompressionReading {
        CompressionReading(
            compressed: compressed.load(ordering: .relaxed),
            leftPlain: leftPlain.load(ordering: .relaxed),
            bytesBefore: bytesBefore.load(ordering: .relaxed),
            bytesAfter: bytesAfter.load(ordering: .relaxed))
    }
}
