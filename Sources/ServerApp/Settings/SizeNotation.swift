// Owns how a number of bytes is written in settings; pure functions.

enum SizeNotation {
    /// The units that print, largest first; the decimal ones are only read.
    private static let binary = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]
    private static let decimal = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000),
        ("B", 1),
    ]

    /// Reads `64MiB`, `1GB` (1,000,000,000) or a plain number of bytes; nil when it is neither.
    static func parse(_ text: String) -> Int? {
        let lowered = text.lowercased()
        for (name, bytes) in binary + decimal where lowered.hasSuffix(name.lowercased()) {
            return number(lowered.dropLast(name.count), times: bytes)
        }
        return number(lowered[...], times: 1)
    }

    /// Writes the size in the largest unit that divides it.
    static func format(_ bytes: Int) -> String {
        for (name, size) in binary where bytes > 0 && bytes.isMultiple(of: size) {
            return "\(bytes / size)\(name)"
        }
        return String(bytes)
    }

    private static func number(_ digits: Substring, times unit: Int) -> Int? {
        guard !digits.isEmpty,
            digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            let count = Int(digits)
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : bytes
    }
}
