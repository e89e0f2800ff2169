// Owns the rules about how long things may be; pure functions.

extension TidyRule {
    static let sizes = [
        TidyRule(sentence: "a file has at most 500 lines, a table of data excepted") { tree in
            tree.files.filter { !$0.name.hasSuffix("Table.swift") && $0.lines.count > 500 }
                .map { "\($0.path): \($0.lines.count) lines" }
        },
        TidyRule(sentence: "half of the source files have at most 150 lines") { tree in
            let counts = tree.sources.map(\.lines.count).sorted()
            guard !counts.isEmpty, counts[counts.count / 2] > 150 else { return [] }
            return ["Sources: the median file has \(counts[counts.count / 2]) lines"]
        },
        TidyRule(sentence: "a line has at most 100 columns") { tree in
            tree.files.flatMap { file in
                file.lines.enumerated().filter { $0.element.count > 100 }
                    .map { file.finding($0.offset, "\($0.element.count) columns") }
            }
        },
        TidyRule(sentence: "a function has at most 60 lines") { tree in
            tree.files.flatMap { file in
                FunctionScan(file).functions.filter { $0.lineCount > 60 }
                    .map { file.finding($0.index, "a function of \($0.lineCount) lines") }
            }
        },
        TidyRule(sentence: "comments are 12 to 20 % of the lines of Sources that are not blank") {
            commentFindings($0.sources)
        },
    ]

    /// The share of the lines that hold nothing but comment, in percent.
    static func commentShare(_ files: [SourceFile]) -> Double {
        let comments = files.reduce(0) { sum, file in
            sum + zip(file.code, file.comments).count { isBlank($0) && !isBlank($1) }
        }
        let lines = files.reduce(0) { $0 + $1.lines.count { !isBlank($0) } }
        return lines == 0 ? 0 : 100 * Double(comments) / Double(lines)
    }

    private static func commentFindings(_ files: [SourceFile]) -> [String] {
        let share = commentShare(files)
        if files.isEmpty || (12...20).contains(share) { return [] }
        return ["Sources: comments are \((share * 10).rounded() / 10) % of the lines"]
    }

    private static func isBlank(_ line: String) -> Bool {
        line.utf8.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
}
