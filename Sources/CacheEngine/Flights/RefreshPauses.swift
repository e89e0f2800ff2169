// Owns which keys of one stripe are not refreshed for a while; belongs to the stripe and its lock.

/// Keys whose refresh has failed lately, in fixed memory: a later one may push an earlier one out,
/// which is then tried again sooner.
struct RefreshPauses {
    private static let places = 64

    private struct Pause {
        var hash: UInt64
        var until: Timestamp
    }

    /// Empty until the first failure.
    private var pauses: [Pause?] = []

    /// Leaves a key alone for a while.
    mutating func add(_ hash: UInt64, until: Timestamp) {
        if pauses.isEmpty { pauses = Array(repeating: nil, count: Self.places) }
        pauses[place(hash)] = Pause(hash: hash, until: until)
    }

    /// Whether a key is to be left alone.
    func holds(_ hash: UInt64, now: Timestamp) -> Bool {
        guard !pauses.isEmpty, let pause = pauses[place(hash)] else { return false }
        return pause.hash == hash && pause.until > now
    }

    /// The highest bits: the lowest are the same for all keys of a stripe.
    private func place(_ hash: UInt64) -> Int { Int(hash >> 58) }
}
