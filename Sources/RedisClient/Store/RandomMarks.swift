// Numbers that no other process draws: new epochs and leases; any thread.

import Synchronization

/// A sequence of numbers that look random and differ from every other process's: SplitMix64
/// (Steele, Lea, Flood, 2014) from a random seed. They tell things apart; they are no secrets.
final class RandomMarks: Sendable {
    private let state: Atomic<UInt64>

    init(seed: UInt64) { state = Atomic(seed) }

    func next() -> UInt64 {
        var mixed = state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
