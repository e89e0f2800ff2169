// Owns the engine's notion of a moment; a value, usable on every thread.

/// A moment, as nanoseconds since the Unix epoch. Arithmetic saturates.
public struct Timestamp: Comparable, Hashable, Sendable {
    /// After every other moment: what never expires expires then.
    public static let never = Timestamp(nanoseconds: .max)

    /// Nanoseconds since the Unix epoch.
    public var nanoseconds: Int64

    /// The moment so many nanoseconds after the Unix epoch.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    func advanced(byNanoseconds step: Int64) -> Timestamp {
        guard self != .never else { return .never }
        let (sum, overflow) = nanoseconds.addingReportingOverflow(step)
        guard overflow else { return Timestamp(nanoseconds: sum) }
        return Timestamp(nanoseconds: step < 0 ? .min : .max)
    }

    /// Earlier.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment `duration` later; ``never`` when that is too far to tell, and for ``never``.
    public static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        moment.advanced(byNanoseconds: duration.saturatedNanoseconds)
    }

    /// The moment `duration` earlier; ``never`` stays ``never``.
    public static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        moment + (.zero - duration)
    }

    /// The span from `earlier` to `later`.
    public static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .nanoseconds(later.nanoseconds) - .nanoseconds(earlier.nanoseconds)
    }
}

/// Entries keep their moments in milliseconds, as all the servers they may come from do.
extension Timestamp {
    /// Stands for ``never``: 48 ones.
    static let neverMilliseconds: Int64 = 1 << 48 - 1
    private static let nanosecondsPerMillisecond: Int64 = 1_000_000

    /// A moment in the past, rounded down, and held within 44 bits: after the epoch, and before
    /// the end of what nanoseconds can say.
    var storedMilliseconds: Int64 { max(0, nanoseconds) / Self.nanosecondsPerMillisecond }

    /// The moment of ``storedMilliseconds``.
    init(storedMilliseconds: Int64) {
        nanoseconds = storedMilliseconds * Self.nanosecondsPerMillisecond
    }

    /// A moment up to which something holds, rounded down: nothing is served past its time.
    var heldMilliseconds: Int64 {
        self == .never ? Self.neverMilliseconds : storedMilliseconds
    }

    /// The moment of ``heldMilliseconds``.
    init(heldMilliseconds: Int64) {
        let (product, overflow) = heldMilliseconds.multipliedReportingOverflow(
            by: Self.nanosecondsPerMillisecond)
        nanoseconds = overflow ? .max : product
    }
}

extension Duration {
    /// Whole nanoseconds, held at the ends of what an `Int64` can say (292 years).
    var saturatedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? (scaled < 0 ? .min : .max) : sum
    }
}
