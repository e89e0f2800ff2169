// Owns choices without a generator of random numbers; values, any thread.

/// A choice by a number that is as good as random (the output of SplitMix64).
struct Chance {
    let number: UInt64

    init(number: UInt64) { self.number = number }

    init(_ turn: UInt64) {
        var mixed = turn &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed &>> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed &>> 27)) &* 0x94d0_49bb_1331_11eb
        number = mixed ^ (mixed &>> 31)
    }

    /// The same for the same hash and moment, and for nobody to tell who does not know the seed of
    /// the hashes.
    init(_ hash: UInt64, at now: Timestamp) {
        self.init(hash &+ UInt64(bitPattern: now.nanoseconds))
    }

    /// From 0 to below 1.
    var fraction: Double { Double(number >> 11) * 0x1p-53 }

    /// An index, each as likely as its share; nil where nobody has any.
    func index(of shares: [Int]) -> Int? {
        let total = shares.reduce(0, +)
        guard total > 0 else { return nil }
        var left = Int(number % UInt64(total))
        return shares.firstIndex {
            left -= $0
            return left < 0
        }
    }
}
