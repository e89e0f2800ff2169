// Owns the finding of functions and their length in code without comments; pure.

/// The functions, initializers and subscripts of a file that have a body.
struct FunctionScan {
    /// Where one starts, as a line's index, and how many lines it takes with its signature.
    private(set) var functions: [(index: Int, lineCount: Int)] = []

    private let code: [UInt8]
    private static let keywords = ["func", "init", "deinit", "subscript"].map { Array($0.utf8) }
    private static let declarations = keywords + ["var", "let", "case"].map { Array($0.utf8) }

    init(_ file: SourceFile) {
        code = Array(file.code.joined(separator: "\n").utf8)
        var line = 0
        for position in code.indices {
            if code[position] == UInt8(ascii: "\n") { line += 1 }
            guard isWord(at: position, among: Self.keywords), !isMember(position),
                let end = endOfBody(from: position)
            else { continue }
            let breaks = code[position...end].count { $0 == UInt8(ascii: "\n") }
            functions.append((line, breaks + 1))
        }
    }

    /// The position of the brace that closes the body; nil when there is no body, as in a protocol.
    private func endOfBody(from start: Int) -> Int? {
        var (parentheses, braces) = (0, 0)
        for position in start..<code.count {
            switch code[position] {
            case UInt8(ascii: "("), UInt8(ascii: "["): parentheses += 1
            case UInt8(ascii: ")"), UInt8(ascii: "]"): parentheses -= 1
            case UInt8(ascii: "{"): braces += 1
            case UInt8(ascii: "}"):
                braces -= 1
                if braces < 0 { return nil }
                if braces == 0 && parentheses == 0 { return position }
            default:
                let isNext = position > start && braces == 0 && parentheses == 0
                if isNext && isWord(at: position, among: Self.declarations) { return nil }
            }
        }
        return nil
    }

    private func isWord(at position: Int, among words: [[UInt8]]) -> Bool {
        if position > 0, Self.isNameByte(code[position - 1]) { return false }
        return words.contains { word in
            let end = position + word.count
            return code[position...].starts(with: word)
                && (end == code.count || !Self.isNameByte(code[end]))
        }
    }

    /// Whether it is `x.init` or an escaped name, not a declaration.
    private func isMember(_ position: Int) -> Bool {
        position > 0 && [UInt8(ascii: "."), UInt8(ascii: "`")].contains(code[position - 1])
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default:
            false
        }
    }
}
