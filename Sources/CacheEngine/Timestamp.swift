// Owns the engine's notion of a moment; a value, usable on every thread.

/// A moment, as nanoseconds since the Unix epoch. Arithmetic saturates.
package struct Timestamp: Comparable, Hashable, Sendable {
    /// After every other moment: what never expires expires then.
    package static let never = Timestamp(nanoseconds: .max)

    /// Nanoseconds since the Unix epoch.
    package var nanoseconds: Int64

    /// The moment so many nanoseconds after the Unix epoch.
    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    func advanced(byNanoseconds step: Int64) -> Timestamp {
        guard self != .never else { return .never }
        let (sum, overflow) = nanoseconds.addingReportingOverflow(step)
        guard overflow else { return Timestamp(nanoseconds: sum) }
        return Timestamp(nanoseconds: step < 0 ? .min : .max)
    }

    /// Earlier.
    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment `duration` later; ``never`` when that is too far to tell, and for ``never``.
    package static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        moment.advanced(byNanoseconds: duration.saturatedNanoseconds)
    }

    /// The moment `duration` earlier; ``never`` stays ``never``.
    package static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        moment + (.zero - duration)
    }

    /// The span from `earlier` to `later`.
    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .nanoseconds(later.nanoseconds) - .nanoseconds(earlier.nanoseconds)
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
