// Owns how a span of time is written in settings; pure functions.

enum DurationNotation {
    /// The units, largest first, with their length in nanoseconds.
    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
        ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
    ]
    private static let mostDecimals = 9

    /// Reads `250ms`, `30s`, `1.5h` or a plain number of seconds; nil when it is neither.
    static func parse(_ text: String) -> Duration? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let name = text.dropFirst(number.count)
        guard let unit = units.first(where: { $0.name == (name.isEmpty ? "s" : name) }) else {
            return nil
        }
        return nanoseconds(number, of: unit.nanoseconds).map(Duration.nanoseconds)
    }

    /// Writes the span in the largest unit that divides it.
    static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let nanoseconds = attoseconds / 1_000_000_000
        guard !overflow, (whole, nanoseconds) != (0, 0) else { return "\(seconds)s" }
        let total = whole + nanoseconds
        for unit in units where total.isMultiple(of: unit.nanoseconds) {
            return "\(total / unit.nanoseconds)\(unit.name)"
        }
        return "\(total)ns"
    }

    private static func nanoseconds(_ number: Substring, of unit: Int64) -> Int64? {
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let whole = Int64(parts[0]) else { return nil }
        let (wholeSpan, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return wholeSpan }
        guard (1...mostDecimals).contains(parts[1].count), let decimals = Int64(parts[1]) else {
            return nil
        }
        let scale = parts[1].reduce(Int64(1)) { power, _ in power * 10 }
        let (scaled, tooLarge) = decimals.multipliedReportingOverflow(by: unit)
        let (sum, sumOverflow) = wholeSpan.addingReportingOverflow(tooLarge ? 0 : scaled / scale)
        return tooLarge || sumOverflow ? nil : sum
    }
}
