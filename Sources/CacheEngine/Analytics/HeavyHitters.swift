// Owns the names that were counted most often; a value, guarded by the lock of its owner.

/// A sketch counts every name; a table keeps those that it counts most.
///
/// The table has sets of few places: a name belongs to one set, and takes the place of the one
/// with the lowest count there when its own is higher. So a count costs the same however many
/// names there are, and only two names that are both among the first can be in each other's way.
struct HeavyHitters {
    /// The longest name that is kept, in bytes; longer ones are not counted.
    static let maxNameBytes = 1_024
    private static let columns = 4_096
    private static let sets = 128
    private static let ways = 4

    /// A name, how often it was counted, and how often beside.
    struct Candidate {
        fileprivate(set) var hash: UInt64 = 0
        /// Nil: the place is free.
        fileprivate(set) var name: [UInt8]?
        fileprivate(set) var count: UInt32 = 0
        fileprivate(set) var besides: UInt32 = 0
    }

    private var sketch = CountMinSketch(columns: columns)
    private var places = [Candidate](repeating: Candidate(), count: sets * ways)

    /// Counts a name, so many times.
    mutating func add(_ name: UnsafeRawBufferPointer, hash: UInt64, weight: UInt32) {
        guard name.count <= Self.maxNameBytes else { return }
        let count = sketch.add(weight, to: hash)
        if let place = place(of: hash) {
            places[place].count = count
            return
        }
        guard let lowest = set(of: hash).min(by: { places[$0].count < places[$1].count }),
            places[lowest].count < count
        else { return }
        places[lowest] = Candidate(hash: hash, name: Array(name), count: count)
    }

    /// Counts something else about a name, if it is one of those that are kept.
    mutating func addBesides(_ hash: UInt64, weight: UInt32) {
        guard let place = place(of: hash) else { return }
        let (sum, overflow) = places[place].besides.addingReportingOverflow(weight)
        places[place].besides = overflow ? .max : sum
    }

    /// Makes every count half of what it is, so many times; what comes to nothing goes.
    mutating func halve(_ times: Int) {
        sketch.halve(times)
        for place in places.indices where places[place].name != nil {
            places[place].count >>= UInt32(min(times, 32))
            places[place].besides >>= UInt32(min(times, 32))
            if places[place].count == 0 { places[place] = Candidate() }
        }
    }

    /// Those that are kept, in no order.
    var candidates: [Candidate] { places.filter { $0.name != nil } }

    private func set(of hash: UInt64) -> Range<Int> {
        // The highest bits: the sketch's first row takes the lowest.
        let first = Int(hash >> 57) * Self.ways
        return first..<first + Self.ways
    }

    private func place(of hash: UInt64) -> Int? {
        set(of: hash).first { places[$0].name != nil && places[$0].hash == hash }
    }
}
