// A span of time as answers show it; a value.

import Messages

/// A span of time: for programs as protobuf's JSON writes it, for people in a fitting unit.
struct Interval: Equatable, Sendable {
    var seconds: Int64
    var nanoseconds: Int32

    init(_ span: ProtoDuration) {
        seconds = span.seconds
        nanoseconds = span.nanos
    }

    /// Three digits and a unit: `850 ns`, `12.3 µs`, `4.56 ms`, `12.0 s`.
    var text: String {
        let nanoseconds = Double(seconds) * 1e9 + Double(nanoseconds)
        for (unit, scale) in [("ns", 1.0), ("µs", 1e3), ("ms", 1e6)]
        where nanoseconds < scale * 999.5 {
            return "\(Digits.three(nanoseconds / scale, isWhole: unit == "ns")) \(unit)"
        }
        return "\(Digits.three(nanoseconds / 1e9)) s"
    }
}

extension Interval: Encodable {
    /// Seconds with 0, 3, 6 or 9 decimals and an `s`.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode("\(seconds)\(Decimals.text(nanoseconds))s")
    }
}
