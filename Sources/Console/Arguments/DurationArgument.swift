// How a span of time is written on the command line; a value.

import ArgumentParser

/// A span of time such as `250ms`, `5m`, `1h30m`, or a plain number of seconds.
package struct DurationArgument: Equatable, Sendable {
    private static let milliseconds: [Substring: Int64] = [
        "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]

    /// The span.
    package var duration: Duration

    /// Reads one or more numbers with their units. Throws a ValidationError that says how to
    /// write it.
    package static func parse(_ text: String) throws -> DurationArgument {
        if let seconds = Int64(text), seconds >= 0 {
            return DurationArgument(duration: .seconds(seconds))
        }
        guard let total = sum(text[...]) else {
            throw ValidationError("write it as 250ms, 30s, 5m, 2h, 1d or 1h30m")
        }
        return DurationArgument(duration: .milliseconds(total))
    }

    /// The milliseconds of all parts together; nil when the text is no duration.
    private static func sum(_ text: Substring) -> Int64? {
        var total: Int64 = 0
        var rest = text
        repeat {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            let unit = rest.dropFirst(digits.count).prefix { $0.isLetter }
            guard let number = Int64(digits), let scale = milliseconds[unit] else { return nil }
            let (span, isTooLong) = number.multipliedReportingOverflow(by: scale)
            let (sum, isSumTooLong) = total.addingReportingOverflow(span)
            if isTooLong || isSumTooLong { return nil }
            total = sum
            rest = rest.dropFirst(digits.count + unit.count)
        } while !rest.isEmpty
        return total
    }
}
