// Owns which entries of one stripe are the largest; belongs to the stripe and its lock.

/// The slots of the largest entries that were written and are still there.
///
/// One that leaves gives its place to whatever is written next, and that to what is larger: so
/// the list is right again once its stripe has been written to for a while.
struct LargestEntries {
    /// How many all stripes together keep at least, and how many each.
    private static let least = (together: 128, each: 8)

    private struct Candidate {
        var slot: Int
        var bytes: Int
    }

    private var candidates: [Candidate] = []
    private let capacity: Int
    /// What is not larger does not get in; -1 while there is room.
    private var floorBytes = -1

    /// An empty list of one of so many stripes.
    init(stripes: Int) {
        capacity = max(Self.least.each, Self.least.together / stripes)
        candidates.reserveCapacity(capacity)
    }

    /// Where they are, in no order.
    var slots: [Int] { candidates.map(\.slot) }

    /// A new entry.
    @inline(__always)
    mutating func inserted(_ slot: Int, bytes: Int) {
        if bytes > floorBytes { add(slot, bytes: bytes) }
    }

    /// A new value in the place of an old one.
    @inline(__always)
    mutating func replaced(_ old: Int, of oldBytes: Int, by slot: Int, bytes: Int) {
        if max(oldBytes, bytes) >= floorBytes {
            exchange(old, of: oldBytes, by: slot, bytes: bytes)
        }
    }

    private mutating func exchange(_ old: Int, of oldBytes: Int, by slot: Int, bytes: Int) {
        if bytes != oldBytes {
            removed(old)
            inserted(slot, bytes: bytes)
        } else if let index = index(of: old) {
            candidates[index].slot = slot
        } else {
            inserted(slot, bytes: bytes)
        }
    }

    private func index(of slot: Int) -> Int? {
        var index = 0
        while index < candidates.count {
            if candidates[index].slot == slot { return index }
            index += 1
        }
        return nil
    }

    /// An entry leaves.
    mutating func removed(_ slot: Int) {
        guard let index = index(of: slot) else { return }
        candidates.swapRemove(index)
        floorBytes = -1
    }

    /// All entries leave.
    mutating func removeAll() {
        candidates.removeAll(keepingCapacity: true)
        floorBytes = -1
    }

    private mutating func add(_ slot: Int, bytes: Int) {
        if candidates.count == capacity, let smallest { candidates.swapRemove(smallest) }
        candidates.append(Candidate(slot: slot, bytes: bytes))
        floorBytes = candidates.count == capacity ? smallest.map { candidates[$0].bytes } ?? -1 : -1
    }

    private var smallest: Int? {
        candidates.indices.min { candidates[$0].bytes < candidates[$1].bytes }
    }
}

extension Array {
    /// Removes an element; the last one takes its place.
    fileprivate mutating func swapRemove(_ index: Int) {
        swapAt(index, count - 1)
        removeLast()
    }
}
