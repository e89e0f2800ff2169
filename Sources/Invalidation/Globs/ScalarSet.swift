// A set of Unicode scalars as sorted ranges, the meaning of `[...]`; immutable, any thread.

/// A set of scalars: sorted, disjoint ranges, without surrogates.
struct ScalarSet: Equatable, Sendable {
    private static let domain: [ClosedRange<UInt32>] = [0...0xD7FF, 0xE000...0x10FFFF]

    let ranges: [ClosedRange<UInt32>]

    /// The scalars of `ranges`, or with `negated` all others.
    init(_ ranges: [ClosedRange<UInt32>], negated: Bool) {
        var merged: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = merged.last, range.lowerBound <= last.upperBound + 1 {
                let upper = max(last.upperBound, range.upperBound)
                merged[merged.count - 1] = last.lowerBound...upper
            } else {
                merged.append(range)
            }
        }
        let wanted = negated ? Self.complement(of: merged) : merged
        self.ranges = Self.intersection(wanted, Self.domain)
    }

    var isEmpty: Bool { ranges.isEmpty }

    /// What the ranges hold in memory, about.
    var footprintBytes: Int { ranges.capacity * MemoryLayout<ClosedRange<UInt32>>.stride }

    func contains(_ value: UInt32) -> Bool {
        for range in ranges {
            if value < range.lowerBound { return false }
            if value <= range.upperBound { return true }
        }
        return false
    }

    func intersects(_ other: ScalarSet) -> Bool {
        !Self.intersection(ranges, other.ranges).isEmpty
    }

    private static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges {
            if range.lowerBound > start { result.append(start...(range.lowerBound - 1)) }
            start = range.upperBound + 1
        }
        if start <= 0x10FFFF { result.append(start...0x10FFFF) }
        return result
    }

    private static func intersection(
        _ left: [ClosedRange<UInt32>], _ right: [ClosedRange<UInt32>]
    ) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var i = 0
        var j = 0
        while i < left.count, j < right.count {
            let lower = max(left[i].lowerBound, right[j].lowerBound)
            let upper = min(left[i].upperBound, right[j].upperBound)
            if lower <= upper { result.append(lower...upper) }
            if left[i].upperBound < right[j].upperBound { i += 1 } else { j += 1 }
        }
        return result
    }
}
