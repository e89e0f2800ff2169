// What the text of a line means, by the type of its value; pure functions.

import NIOCore

enum RESPText {
    /// The value of a line of `type` whose text, without type and line end, is `text`.
    static func value(_ type: UInt8, _ text: ByteBuffer) throws(RESPViolation) -> RESPValue {
        switch type {
        case UInt8(ascii: "+"): return .simpleString(text)
        case UInt8(ascii: "-"): return .error(error(text))
        case UInt8(ascii: "_") where text.readableBytes == 0: return .null
        case UInt8(ascii: "#"): return .boolean(try boolean(text))
        case UInt8(ascii: ","): return .double(try double(text))
        case UInt8(ascii: "(") where isWholeNumber(text): return .blob(text)
        default: throw .badText
        }
    }

    /// An error's code and message.
    static func error(_ text: ByteBuffer) -> RESPError {
        let bytes = text.readableBytesView
        let end = bytes.firstIndex(of: UInt8(ascii: " ")) ?? bytes.endIndex
        return RESPError(
            code: String(decoding: bytes[..<end], as: UTF8.self),
            message: String(decoding: bytes[end...].dropFirst(), as: UTF8.self))
    }

    private static func boolean(_ text: ByteBuffer) throws(RESPViolation) -> Bool {
        switch text.getInteger(at: text.readerIndex, as: UInt8.self) {
        case UInt8(ascii: "t") where text.readableBytes == 1: return true
        case UInt8(ascii: "f") where text.readableBytes == 1: return false
        default: throw .badText
        }
    }

    private static func double(_ text: ByteBuffer) throws(RESPViolation) -> Double {
        let word = String(buffer: text)
        switch word {
        case "inf": return .infinity
        case "-inf": return -.infinity
        case "nan", "-nan": return .nan
        default:
            // Swift would read hexadecimal numbers and other names of infinity, too.
            let isDecimal = word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
                    UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                    true
                default: false
                }
            }
            guard isDecimal, let number = Double(word) else { throw .badNumber }
            return number
        }
    }

    private static func isWholeNumber(_ text: ByteBuffer) -> Bool {
        var digits = text.readableBytesView[...]
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            digits = digits.dropFirst()
        }
        return !digits.isEmpty
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
