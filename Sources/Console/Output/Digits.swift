// Numbers for people: short enough for a column; pure functions.

import Foundation

/// Numbers as text.
package enum Digits {
    /// About three significant digits: `1.23`, `12.3`, `123`.
    package static func three(_ number: Double, isWhole: Bool = false) -> String {
        let decimals = isWhole || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2
        return String(format: "%.\(decimals)f", number)
    }

    /// A count as it is below a million, and then with a letter: `1.23M`.
    package static func count(_ count: UInt64) -> String {
        let scales: [(Double, String)] = [(1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M")]
        let number = Double(count)
        guard let (scale, letter) = scales.first(where: { number >= $0.0 }) else {
            return String(count)
        }
        return three(number / scale) + letter
    }

    /// A span of time, three digits and a unit: `850 ns`, `12.3 µs`, `4.56 ms`, `12.0 s`.
    package static func span(_ span: Duration) -> String {
        let nanoseconds = span / .nanoseconds(1)
        for (unit, scale) in [("ns", 1.0), ("µs", 1e3), ("ms", 1e6)]
        where nanoseconds < scale * 999.5 {
            return "\(three(nanoseconds / scale, isWhole: unit == "ns")) \(unit)"
        }
        return "\(three(nanoseconds / 1e9)) s"
    }

    /// How long something has been going on, in a unit for people: `12 s`, `3.4 min`, `5.6 d`.
    package static func age(_ span: Duration) -> String {
        let seconds = span / .seconds(1)
        for (unit, scale, limit) in [("s", 1.0, 120.0), ("min", 60, 7_200), ("h", 3_600, 172_800)]
        where seconds < limit {
            return "\(three(seconds / scale, isWhole: unit == "s")) \(unit)"
        }
        return "\(three(seconds / 86_400)) d"
    }

    /// A size in a fitting unit: `512 B`, `1.50 KiB`, `256 MiB`.
    package static func size(bytes: UInt64) -> String {
        var number = Double(bytes)
        var units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][...]
        while number >= 1_000, units.count > 1 {
            number /= 1_024
            units = units.dropFirst()
        }
        return "\(three(number, isWhole: units.first == "B")) \(units[units.startIndex])"
    }
}
