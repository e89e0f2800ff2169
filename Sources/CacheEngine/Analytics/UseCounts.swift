// Owns how often the keys of one stripe were used since they were written, for namespaces whose
// times to live adapt to it; belongs to the stripe and its lock.

/// Counts up to ``most`` for each key, about, in 8 KiB. Keys are counted and not entries: what was
/// used much and has expired is known when it is written again.
struct UseCounts {
    /// More than that makes no difference.
    static let most = 16
    private static let columns = 512
    /// After so many uses all counts are halved: keys that are gone must not fill the sketch.
    private static let usesToHalving = 8 * columns

    private var sketch = CountMinSketch(columns: columns)
    private var used = 0

    /// Counts a use.
    mutating func add(_ hash: UInt64) {
        guard sketch.estimate(hash) < UInt32(Self.most) else { return }
        _ = sketch.add(1, to: hash)
        used += 1
        guard used >= Self.usesToHalving else { return }
        sketch.halve(1)
        used /= 2
    }

    /// How often a key was used since it was last forgotten, at most ``most``.
    func count(_ hash: UInt64) -> Int { Int(sketch.estimate(hash)) }

    /// Begins anew for a key.
    mutating func forget(_ hash: UInt64) { sketch.remove(hash) }
}
