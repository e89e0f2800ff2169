// Owns how counts fade, so that they tell of lately; a value, guarded by the lock of its owner.

/// What was counted loses half its weight every minute, in steps.
struct FadingWindow {
    private static let stepNanoseconds: Int64 = 60_000_000_000
    /// After so many steps nothing of a 32-bit count is left.
    private static let mostSteps: Int64 = 32

    private var steppedAt: Timestamp?
    /// The weight of the time before that, in nanoseconds.
    private var carried = 0.0

    /// How often all counts are to be halved now; mostly not at all.
    mutating func steps(until now: Timestamp) -> Int {
        guard let last = steppedAt else {
            steppedAt = now
            return 0
        }
        let elapsed = now.nanoseconds - last.nanoseconds
        guard elapsed >= Self.stepNanoseconds else { return 0 }
        let steps = elapsed / Self.stepNanoseconds
        steppedAt = last.advanced(byNanoseconds: steps * Self.stepNanoseconds)
        for _ in 0..<min(steps, Self.mostSteps) {
            carried = (carried + Double(Self.stepNanoseconds)) / 2
        }
        return Int(min(steps, Self.mostSteps))
    }

    /// The seconds that the counts stand for: a thing that comes once a second has that count.
    /// At least one.
    func seconds(until now: Timestamp) -> Double {
        guard let steppedAt else { return 1 }
        let elapsed = Double(max(0, now.nanoseconds - steppedAt.nanoseconds))
        return max(1, (carried + elapsed) / 1e9)
    }
}
