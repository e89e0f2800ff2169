// Owns approximate counts of any number of things in fixed memory; a value, guarded by the lock of
// its owner.

/// Count-min (Cormode and Muthukrishnan, "An improved data stream summary", 2005) with
/// conservative update (Estan and Varghese, "New directions in traffic measurement", 2002).
///
/// It never tells less than was counted. What it tells too much is about what all things together
/// count, divided by the columns.
struct CountMinSketch {
    static let rows = 4

    private var counts: [UInt32]
    private let mask: Int

    /// A sketch of 16 bytes a column; `columns` is a power of two.
    init(columns: Int) {
        precondition(columns > 0 && columns & (columns - 1) == 0, "a power of two")
        counts = Array(repeating: 0, count: Self.rows * columns)
        mask = columns - 1
    }

    /// Counts a thing, so many times; answers what is counted of it now. A count stops at its end.
    mutating func add(_ weight: UInt32, to hash: UInt64) -> UInt32 {
        let (sum, overflow) = estimate(hash).addingReportingOverflow(weight)
        let count = overflow ? .max : sum
        for row in 0..<Self.rows {
            let place = place(hash, in: row)
            counts[place] = max(counts[place], count)
        }
        return count
    }

    /// How often a thing was counted, or more.
    func estimate(_ hash: UInt64) -> UInt32 {
        var least = UInt32.max
        for row in 0..<Self.rows { least = min(least, counts[place(hash, in: row)]) }
        return least
    }

    /// Takes what is counted of a thing off its counts.
    mutating func remove(_ hash: UInt64) {
        let count = estimate(hash)
        for row in 0..<Self.rows { counts[place(hash, in: row)] -= count }
    }

    /// Makes every count half of what it is, so many times.
    mutating func halve(_ times: Int) {
        for index in counts.indices { counts[index] = counts[index] >> UInt32(min(times, 32)) }
    }

    /// Two halves of a good hash make as many as are needed (Kirsch and Mitzenmacher, "Less
    /// hashing, same performance", 2006).
    private func place(_ hash: UInt64, in row: Int) -> Int {
        let step = (hash >> 32) | 1
        let mixed = hash &+ UInt64(row) &* step
        return row * (mask + 1) + Int(truncatingIfNeeded: mixed & UInt64(mask))
    }
}
