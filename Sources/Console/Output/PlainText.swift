// Text of others on its way to a terminal: one line, no control characters; pure functions.

/// Text that is safe to print.
package enum PlainText {
    /// The text with control characters written as escapes, so that it stays on its line and
    /// cannot steer a terminal. A key has none and stays as it is.
    package static func line(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case _ where scalar.properties.generalCategory == .control:
                out += "\\u{\(String(scalar.value, radix: 16))}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    /// A value on one line: text with backslashes doubled, so that the escapes can be read back,
    /// or base64 behind a mark when it is not UTF-8.
    package static func value(_ bytes: [UInt8]) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return "base64:\(Base64Text.encode(bytes))"
        }
        return line(text.replacing("\\", with: "\\\\"))
    }

    /// A word as it is, or in quotes when it has spaces or quotes, for `name=value` pairs.
    package static func quoted(_ text: String) -> String {
        let line = line(text)
        guard line.isEmpty || line.contains(where: { $0 == " " || $0 == "\"" }) else { return line }
        return "\"\(line.replacing("\"", with: "\\\""))\""
    }
}
