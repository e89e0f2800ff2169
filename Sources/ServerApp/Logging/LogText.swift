// Owns the escaping of text in log lines, so that nothing a client sends can forge one; pure.

enum LogText {
    /// The most characters of one value that a line holds; the rest is cut and marked.
    static let maxValueCharacters = 1_024
    private static let cutMark = "…"

    /// The text as the value of a `key=value` pair: bare when that is unambiguous, else quoted.
    static func value(_ text: String) -> String {
        let isBare = !text.isEmpty && text.utf8.allSatisfy(isBareByte)
        return isBare && text.utf8.count <= maxValueCharacters ? text : quoted(text)
    }

    /// The text in double quotes, on one line.
    static func quoted(_ text: String) -> String {
        var line = "\""
        for scalar in cut(text) { append(scalar, to: &line) }
        return line + "\""
    }

    /// The text as a JSON string; the same rules as a quoted value, which is valid JSON.
    static func json(_ text: String) -> String { quoted(text) }

    /// The text as the key of a pair: what could end the key becomes `_`.
    static func key(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(maxValueCharacters).map { scalar -> Character in
            scalar.isASCII && isKeyByte(UInt8(ascii: scalar)) ? Character(scalar) : "_"
        }
        return scalars.isEmpty ? "_" : String(scalars)
    }

    private static func cut(_ text: String) -> [Unicode.Scalar] {
        let scalars = Array(text.unicodeScalars.prefix(maxValueCharacters + 1))
        guard scalars.count > maxValueCharacters else { return scalars }
        return scalars.dropLast() + cutMark.unicodeScalars
    }

    private static func append(_ scalar: Unicode.Scalar, to line: inout String) {
        switch scalar {
        case "\"": line += "\\\""
        case "\\": line += "\\\\"
        case "\n": line += "\\n"
        case "\r": line += "\\r"
        case "\t": line += "\\t"
        default:
            if breaksLines(scalar) {
                let digits = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            } else {
                line.unicodeScalars.append(scalar)
            }
        }
    }

    /// Control characters, line and paragraph separators, and what turns the writing direction.
    /// All of them are below U+FFFF, so that four digits write each.
    private static func breaksLines(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0x200E, 0x200F, 0xFEFF: true
        default: false
        }
    }

    private static func isBareByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
            && byte != UInt8(ascii: "\\")
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        isBareByte(byte) && byte != UInt8(ascii: "[") && byte != UInt8(ascii: "]")
    }
}
