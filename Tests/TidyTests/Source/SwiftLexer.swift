// Owns the split of Swift text into code and comments; pure, so that samples test it.

/// Blanks out what is not code, or not comment, and keeps every line where it was.
struct SwiftLexer {
    /// The text with comments and the insides of string literals replaced by blanks.
    private(set) var code: [UInt8]
    /// The text with everything but comments replaced by blanks.
    private(set) var comments: [UInt8]

    private enum Mode {
        /// Code; inside an interpolation, with the number of parentheses still open.
        case code(openParentheses: Int?)
        case string(hashes: Int, isMultiline: Bool)
        case lineComment
        case blockComment(depth: Int)
    }

    private let text: [UInt8]
    private var position = 0
    private var modes: [Mode] = [.code(openParentheses: nil)]

    init(_ string: String) {
        text = Array(string.utf8)
        let blank = text.map { $0 == UInt8(ascii: "\n") ? $0 : UInt8(ascii: " ") }
        (code, comments) = (blank, blank)
        while position < text.count { step() }
    }

    private mutating func step() {
        switch modes[modes.count - 1] {
        case .code(let open): stepInCode(open)
        case .string(let hashes, let isMultiline): stepInString(hashes, isMultiline)
        case .lineComment:
            if text[position] == UInt8(ascii: "\n") { modes.removeLast() }
            keepComment(1)
        case .blockComment(let depth): stepInBlockComment(depth)
        }
    }

    private mutating func stepInCode(_ open: Int?) {
        if starts(with: "//") {
            modes.append(.lineComment)
        } else if starts(with: "/*") {
            modes.append(.blockComment(depth: 1))
            keepComment(2)
        } else if let hashes = hashesBeforeQuote() {
            position += hashes
            let isMultiline = starts(with: "\"\"\"")
            modes.append(.string(hashes: hashes, isMultiline: isMultiline))
            keepCode(isMultiline ? 3 : 1)
        } else {
            countParentheses(open)
            keepCode(1)
        }
    }

    private mutating func countParentheses(_ open: Int?) {
        guard let open else { return }
        if text[position] == UInt8(ascii: "(") {
            modes[modes.count - 1] = .code(openParentheses: open + 1)
        } else if text[position] == UInt8(ascii: ")") {
            modes[modes.count - 1] = .code(openParentheses: open - 1)
            if open == 1 { modes.removeLast() }
        }
    }

    private mutating func stepInString(_ hashes: Int, _ isMultiline: Bool) {
        let pounds = String(repeating: "#", count: hashes)
        let quotes = isMultiline ? "\"\"\"" : "\""
        if starts(with: quotes + pounds) {
            keepCode(quotes.utf8.count)
            position += hashes
            modes.removeLast()
        } else if starts(with: "\\" + pounds + "(") {
            position += 2 + hashes
            modes.append(.code(openParentheses: 1))
        } else if starts(with: "\\" + pounds) {
            position += 2 + hashes
        } else {
            // An unfinished literal ends with its line, as it does for the compiler.
            if text[position] == UInt8(ascii: "\n") && !isMultiline { modes.removeLast() }
            position += 1
        }
    }

    private mutating func stepInBlockComment(_ depth: Int) {
        if starts(with: "/*") {
            modes[modes.count - 1] = .blockComment(depth: depth + 1)
            keepComment(2)
        } else if starts(with: "*/") {
            modes[modes.count - 1] = .blockComment(depth: depth - 1)
            if depth == 1 { modes.removeLast() }
            keepComment(2)
        } else {
            keepComment(1)
        }
    }

    /// The number of `#` in front of the quote that opens a literal here; nil when none does.
    private func hashesBeforeQuote() -> Int? {
        let hashes = text[position...].prefix { $0 == UInt8(ascii: "#") }.count
        let quote = position + hashes
        return quote < text.count && text[quote] == UInt8(ascii: "\"") ? hashes : nil
    }

    private func starts(with prefix: String) -> Bool {
        text[position...].starts(with: prefix.utf8)
    }

    private mutating func keepCode(_ count: Int) {
        for index in position..<min(position + count, text.count) { code[index] = text[index] }
        position += count
    }

    private mutating func keepComment(_ count: Int) {
        for index in position..<min(position + count, text.count) { comments[index] = text[index] }
        position += count
    }
}
