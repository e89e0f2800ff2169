// A point in time as the cache tells it; a value.

import Messages

/// A point in time, to the nanosecond: what the cache's clock said.
///
/// It is a type of its own because Foundation's `Date` would make every user link Foundation and
/// holds no nanoseconds. Where you have it:
/// `Date(timeIntervalSince1970: instant.secondsSince1970)`.
public struct CacheInstant: Sendable, Hashable {
    /// Whole seconds since the Unix epoch.
    public var seconds: Int64
    /// Nanoseconds on top, 0 to 999,999,999.
    public var nanoseconds: Int32

    /// The moment so many seconds and nanoseconds after the Unix epoch.
    public init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Seconds since the Unix epoch, to about a microsecond.
    public var secondsSince1970: Double { Double(seconds) + Double(nanoseconds) / 1e9 }

    /// The contract's form of it; nil where there is none.
    init?(_ time: ProtoTimestamp?) {
        guard let time else { return nil }
        self.init(seconds: time.seconds, nanoseconds: min(max(time.nanos, 0), 999_999_999))
    }
}

extension CacheInstant: Comparable {
    /// Whether the left one is earlier.
    public static func < (left: CacheInstant, right: CacheInstant) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

extension CacheInstant: CustomStringConvertible {
    /// RFC 3339 in UTC: `2026-01-31T09:18:04Z`, with 3, 6 or 9 decimals where they are not zero.
    public var description: String {
        let day = Int64((Double(seconds) / 86_400).rounded(.down))
        let second = seconds - day * 86_400
        let (year, month, dayOfMonth) = Self.date(day)
        let clock = [second / 3_600, second / 60 % 60, second % 60].map(Self.two)
        return "\(Self.padded(year, to: 4))-\(Self.two(month))-\(Self.two(dayOfMonth))T"
            + clock.joined(separator: ":") + Decimals.text(nanoseconds) + "Z"
    }

    private static func two(_ number: Int64) -> String { padded(number, to: 2) }

    private static func padded(_ number: Int64, to count: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    /// The date of a day since the Unix epoch in the proleptic Gregorian calendar. Years are
    /// counted from March, so that a leap day ends one, in eras of 400 years.
    private static func date(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let eraDays: Int64 = 146_097
        // Days from 1 March of the year 0 to the Unix epoch.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - eraDays + 1) / eraDays
        let dayOfEra = shifted - era * eraDays
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / (eraDays - 1)) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}

extension CacheInstant: Encodable {
    /// As ``description`` writes it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
