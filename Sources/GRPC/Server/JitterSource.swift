// Random factors that keep connections from acting all at once; one per event loop, no secrets.

/// A small generator (SplitMix64, by Steele, Lea and Flood) with a seed passed in.
struct JitterSource: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A factor from 0.9 to 1.1, as gRFC A9 asks for the age of connections.
    mutating func ageFactor() -> Double { Double.random(in: 0.9...1.1, using: &self) }
}
