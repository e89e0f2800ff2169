// Fractions of a second as protobuf's JSON writes them; pure functions.

enum Decimals {
    /// A fraction of a second: nothing, or a point and 3, 6 or 9 digits.
    static func text(_ nanoseconds: Int32) -> String {
        if nanoseconds == 0 { return "" }
        let digits = String(Int64(nanoseconds.magnitude) + 1_000_000_000).dropFirst()
        for count in [3, 6] where digits.dropFirst(count).allSatisfy({ $0 == "0" }) {
            return ".\(digits.prefix(count))"
        }
        return ".\(digits)"
    }
}
