// Reads the first line of a value: its type, and the number or text behind it; pure functions.

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the bytes at the beginning of a value are.
enum RESPLine {
    /// The line has not come to its end.
    case incomplete
    case violation(RESPViolation)
    /// A type that has a whole number behind it, and the line's length with its end.
    case number(UInt8, Int64, length: Int)
    /// A type that has a text behind it, and the line's length with its end.
    case text(UInt8, length: Int)

    /// The longest line with a number: type, sign, digits, end.
    static let maxNumberBytes = 1 + 1 + maxDigits + 2
    private static let maxDigits = 19
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    /// Whether a line that begins with `type` holds a text.
    static func isText(_ type: UInt8) -> Bool {
        switch type {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "#"),
            UInt8(ascii: ","), UInt8(ascii: "("):
            true
        default: false
        }
    }

    /// Reads the line at the start of `bytes`, behind which more may stand.
    static func read(_ bytes: UnsafeRawBufferPointer, maxBytes: Int) -> RESPLine {
        guard let type = bytes.first else { return .incomplete }
        switch type {
        case UInt8(ascii: "$"), UInt8(ascii: ":"), UInt8(ascii: "*"), UInt8(ascii: "%"),
            UInt8(ascii: ">"), UInt8(ascii: "~"), UInt8(ascii: "|"), UInt8(ascii: "="),
            UInt8(ascii: "!"):
            return readNumber(type, bytes)
        case UInt8(ascii: ";"), UInt8(ascii: "."): return .violation(.streamed)
        default:
            return isText(type)
                ? readText(type, bytes, maxBytes: maxBytes) : .violation(.unknownType)
        }
    }

    @inline(__always)
    private static func readNumber(_ type: UInt8, _ bytes: UnsafeRawBufferPointer) -> RESPLine {
        var index = 1
        var isNegative = false
        if bytes.count > 1 {
            switch bytes[1] {
            case UInt8(ascii: "-"): (isNegative, index) = (true, 2)
            case UInt8(ascii: "+") where type == UInt8(ascii: ":"): index = 2
            case UInt8(ascii: "?"): return .violation(.streamed)
            default: break
            }
        }
        let first = index
        var magnitude: UInt64 = 0
        while index < bytes.count {
            let digit = bytes[index] &- UInt8(ascii: "0")
            if digit > 9 { break }
            // Nineteen digits fit, whatever they are.
            guard index - first < maxDigits else { return .violation(.badNumber) }
            magnitude = magnitude &* 10 &+ UInt64(digit)
            index += 1
        }
        guard index < bytes.count else { return .incomplete }
        guard bytes[index] == carriageReturn, index > first else { return .violation(.badNumber) }
        guard index + 1 < bytes.count else { return .incomplete }
        guard bytes[index + 1] == lineFeed else { return .violation(.badLineEnd) }
        guard magnitude <= UInt64(Int64.max) + (isNegative ? 1 : 0) else {
            return .violation(.badNumber)
        }
        let number = Int64(truncatingIfNeeded: isNegative ? 0 &- magnitude : magnitude)
        return .number(type, number, length: index + 2)
    }

    private static func readText(
        _ type: UInt8, _ bytes: UnsafeRawBufferPointer, maxBytes: Int
    ) -> RESPLine {
        guard let end = position(of: lineFeed, in: bytes) else {
            return bytes.count > maxBytes ? .violation(.lineTooLong) : .incomplete
        }
        guard end < maxBytes else { return .violation(.lineTooLong) }
        // The first carriage return has to be the one of the line's end.
        guard position(of: carriageReturn, in: bytes) == end - 1 else {
            return .violation(.badLineEnd)
        }
        return .text(type, length: end + 1)
    }

    private static func position(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress,
            let found = memchr(start, CInt(byte), bytes.count)
        else { return nil }
        return UnsafeRawPointer(found) - start
    }

    /// How many of `bytes` belong to a line of text: those up to a line's end, or all of them.
    static func prefixToLineEnd(_ bytes: UnsafeRawBufferPointer) -> Int {
        position(of: lineFeed, in: bytes).map { $0 + 1 } ?? bytes.count
    }
}
