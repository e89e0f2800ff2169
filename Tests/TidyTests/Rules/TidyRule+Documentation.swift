// Owns the rules about comments and about what a target shows to the others; pure functions.

extension TidyRule {
    static let documentation = [
        TidyRule(sentence: "a file opens with a sentence about what it owns") { tree in
            tree.files.filter { !opensWithSentence($0) }
                .map { $0.finding(0, "does not open with a // sentence") }
        },
        TidyRule(sentence: "every package and public declaration has a ///") { tree in
            tree.sources.flatMap { file in
                declarations(file).filter { !isDocumented($0.index, file) }
                    .map { file.finding($0.index, "no /// above \($0.text)") }
            }
        },
        TidyRule(sentence: "no OpaquePointer crosses the border of a target") { tree in
            tree.sources.flatMap { file in
                declarations(file).filter { $0.text.contains("OpaquePointer") }
                    .map { file.finding($0.index, "OpaquePointer in \($0.text)") }
            }
        },
    ]

    private static func opensWithSentence(_ file: SourceFile) -> Bool {
        let paragraph = file.lines.prefix { $0.hasPrefix("// ") }
        return paragraph.last?.hasSuffix(".") == true
    }

    /// The signatures that other targets see, each on one line, and where they start.
    private static func declarations(_ file: SourceFile) -> [(index: Int, text: String)] {
        file.code.indices.compactMap { index in
            let words = file.code[index].split(separator: " ")
            let shown: Set<Substring> = ["package", "public"]
            guard let modifier = words.first(where: { !$0.hasPrefix("@") && !isModifier($0) }),
                shown.contains(modifier), !words.contains("import"),
                // `package` may also be a plain name, as in `package: "swift-nio"`.
                words.count > 1, words.last != modifier
            else { return nil }
            return (index, signature(file, from: index))
        }
    }

    private static func isModifier(_ word: Substring) -> Bool {
        ["final", "static", "override", "nonisolated", "convenience", "indirect"].contains(word)
    }

    /// The code from a line to where its parentheses are closed, up to the body.
    private static func signature(_ file: SourceFile, from start: Int) -> String {
        var text = ""
        for line in file.code[start...] {
            text += (text.isEmpty ? "" : " ") + line.split(separator: " ").joined(separator: " ")
            let open = text.count { $0 == "(" } - text.count { $0 == ")" }
            if open <= 0 || text.contains("{") { break }
        }
        return String(text.prefix { $0 != "{" }.prefix(300))
    }

    /// Whether the nearest line above that is neither an attribute nor a `//` is documentation.
    private static func isDocumented(_ index: Int, _ file: SourceFile) -> Bool {
        for line in file.lines[..<index].reversed() {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("///") || text.hasSuffix("*/") { return true }
            if !text.hasPrefix("@") && !text.hasPrefix("//") { return false }
        }
        return false
    }
}
