// Moments as the store writes them: milliseconds since 1970; pure functions, any thread.

package import CacheEngine

extension Timestamp {
    private static let nanosecondsPerMillisecond: Int64 = 1_000_000

    /// The moment so many milliseconds after 1970; held at the last one that can be told.
    init(milliseconds: UInt64) {
        let (nanoseconds, overflow) = (Int64(exactly: milliseconds) ?? .max)
            .multipliedReportingOverflow(by: Self.nanosecondsPerMillisecond)
        self.init(nanoseconds: overflow ? .max : nanoseconds)
    }

    /// An expiry as it is stored: 0 is never.
    init(expiryMilliseconds: UInt64) {
        self = expiryMilliseconds == 0 ? .never : Timestamp(milliseconds: expiryMilliseconds)
    }

    /// Whole milliseconds since 1970; 0 for what was before.
    var milliseconds: UInt64 {
        UInt64(max(0, nanoseconds) / Self.nanosecondsPerMillisecond)
    }

    /// The expiry as it is stored, 0 for `never`. What is over before 1970 ended is over at its
    /// first millisecond: it must not turn into never.
    var expiryMilliseconds: UInt64 { self == .never ? 0 : max(1, milliseconds) }

    /// Microseconds since 1970: the version of a change that takes no revision.
    package var unannouncedVersion: UInt64 { UInt64(max(1, nanoseconds / 1_000)) }

    /// From here on versions are such times: revisions begin with milliseconds since 1970, and
    /// come so far in thousands of years.
    static let firstUnannouncedVersion: UInt64 = 1 << 49
}

extension StoredEntry {
    /// Whether its version is a revision of its partition, and not a time.
    package var hasRevision: Bool { version < Timestamp.firstUnannouncedVersion }
}
