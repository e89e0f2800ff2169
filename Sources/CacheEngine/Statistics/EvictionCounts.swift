// Owns the counts of evicted entries by reason; a value.

/// How many entries a policy evicted, and why.
public struct EvictionCounts: Hashable, Sendable {
    private var counts = SIMD4<UInt64>()

    /// None.
    public init() {}

    /// Those evicted for `reason`.
    public internal(set) subscript(reason: EvictionReason) -> UInt64 {
        get { counts[reason.rawValue] }
        set { counts[reason.rawValue] = newValue }
    }

    /// Those evicted for any reason.
    public var total: UInt64 { counts.wrappedSum() }

    mutating func add(_ other: EvictionCounts) { counts &+= other.counts }
}
