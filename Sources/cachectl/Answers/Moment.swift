// A point in time as answers show it; a value.

import Foundation
import Messages

/// Nanoseconds since the Unix epoch in two parts, printed as RFC 3339 in UTC.
struct Moment: Equatable, Sendable {
    var seconds: Int64
    var nanoseconds: Int32

    /// The contract's form of it, which is the same.
    init(_ time: ProtoTimestamp) {
        seconds = time.seconds
        nanoseconds = time.nanos
    }

    /// What the clock said, to the millisecond.
    init(_ date: Date) {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded(.down))
        seconds = milliseconds / 1_000
        nanoseconds = Int32(milliseconds % 1_000) * 1_000_000
    }

    /// `2026-01-31T09:18:04Z`, with 3, 6 or 9 decimals where they are not zero.
    var text: String {
        let date = Date(timeIntervalSince1970: TimeInterval(seconds))
        return date.formatted(.iso8601).dropLast() + Decimals.text(nanoseconds) + "Z"
    }

    /// Always with milliseconds and nothing finer, for columns.
    var millisecondsText: String {
        var rounded = self
        rounded.nanoseconds = 0
        let milliseconds = String(nanoseconds / 1_000_000 + 1_000).dropFirst()
        return "\(rounded.text.dropLast()).\(milliseconds)Z"
    }
}

extension Moment: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
