// Which key is drawn how often; immutable, any thread, random numbers passed in.

import Foundation

/// Zipf's law over ranks: the r-th key is drawn in proportion to 1 / r^exponent.
struct ZipfTable: Sendable {
    /// At each rank, the share of draws up to it.
    private let shares: [Double]

    /// The law over so many ranks, at least one; with an exponent of 0 all are alike.
    init(count: Int, exponent: Double) {
        var sum = 0.0
        var sums: [Double] = []
        sums.reserveCapacity(count)
        for rank in 1...count {
            sum += 1 / pow(Double(rank), exponent)
            sums.append(sum)
        }
        shares = sums.map { $0 / sum }
    }

    /// The rank, from 0, of a draw; `random` is at least 0 and less than 1.
    func rank(_ random: Double) -> Int {
        var low = 0
        var high = shares.count - 1
        while low < high {
            let middle = (low + high) / 2
            if shares[middle] > random { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
