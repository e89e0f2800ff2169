// Owns one Swift file as the rules see it; a value.

/// A file of the project: its lines, and what of each is code and what is comment.
struct SourceFile: Sendable {
    /// The path from the project's root, as in `Sources/TLS/TLSError.swift`.
    let path: String
    let lines: [String]
    /// The lines with comments and the insides of literals blanked out.
    let code: [String]
    /// The lines with everything but comments blanked out.
    let comments: [String]

    init(path: String, text: String) {
        self.path = path
        let lexer = SwiftLexer(text)
        lines = Self.split(Array(text.utf8))
        code = Self.split(lexer.code)
        comments = Self.split(lexer.comments)
    }

    var name: Substring { path.split(separator: "/").last ?? "" }
    var folders: [Substring] { path.split(separator: "/").dropLast() }
    var isInTests: Bool { folders.first == "Tests" }
    /// The target it belongs to, by the folder under `Sources` or `Tests`; programs for interop
    /// tests have folders of their own under `Tests/interop`.
    var target: String {
        if folders.starts(with: ["Tests", "interop"]), folders.count > 2 {
            return "\(folders[1])-\(folders[2])"
        }
        return folders.count > 1 ? String(folders[1]) : ""
    }

    /// A finding in this file at the line with this index.
    func finding(_ index: Int, _ sentence: String) -> String {
        "\(path):\(index + 1): \(sentence)"
    }

    /// The modules imported, whatever stands in front of the word `import`.
    var imports: [(module: String, index: Int)] {
        code.enumerated().compactMap { index, line in
            let words = line.split { $0 == " " || $0 == "\t" }
            guard let at = words.firstIndex(of: "import"),
                words[..<at].allSatisfy(Self.mayLeadImport)
            else { return nil }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "func", "var", "let",
            ]
            guard let path = words[(at + 1)...].first(where: { !kinds.contains($0) }) else {
                return nil
            }
            return (String(path.prefix { $0 != "." }), index)
        }
    }

    private static func mayLeadImport(_ word: Substring) -> Bool {
        ["public", "package", "internal", "fileprivate", "private"].contains(word)
            || word.hasPrefix("@")
    }

    private static func split(_ bytes: [UInt8]) -> [String] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}
