// The `grpc-timeout` header: one to eight digits and a unit (grpc `doc/PROTOCOL-HTTP2.md`).

enum CallTimeout {
    /// The longest timeout that is kept apart from "never": about 100 years, in nanoseconds.
    /// `99999999H` would overflow 64 bits; it is clamped to this.
    static let longest: Int64 = 100 * 365 * 86_400 * 1_000_000_000

    /// The timeout in nanoseconds, or nil when the text is not one.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count >= 2, text.count <= 9, let unit = text.last else { return nil }
        var value: Int64 = 0
        for digit in text.dropLast() {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        let scale: Int64
        switch unit {
        case UInt8(ascii: "H"): scale = 3_600_000_000_000
        case UInt8(ascii: "M"): scale = 60_000_000_000
        case UInt8(ascii: "S"): scale = 1_000_000_000
        case UInt8(ascii: "m"): scale = 1_000_000
        case UInt8(ascii: "u"): scale = 1_000
        case UInt8(ascii: "n"): scale = 1
        default: return nil
        }
        let (product, overflow) = value.multipliedReportingOverflow(by: scale)
        return overflow ? longest : min(product, longest)
    }

    /// The header's text for a timeout: the finest unit in which it has at most eight
    /// digits, rounded up so that the server never gives up before the client.
    static func format(_ timeout: Duration) -> String {
        let (seconds, attoseconds) = timeout.components
        if seconds < 0 || (seconds == 0 && attoseconds <= 0) { return "0n" }
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let nanoseconds = overflow ? longest : min(whole, longest) + attoseconds / 1_000_000_000
        let units: [(Int64, String)] = [
            (1, "n"), (1_000, "u"), (1_000_000, "m"), (1_000_000_000, "S"),
            (60_000_000_000, "M"),
        ]
        for (scale, unit) in units {
            let value = (nanoseconds + scale - 1) / scale
            if value <= 99_999_999 { return "\(value)\(unit)" }
        }
        return "\(min(nanoseconds / 3_600_000_000_000 + 1, 99_999_999))H"
    }
}
