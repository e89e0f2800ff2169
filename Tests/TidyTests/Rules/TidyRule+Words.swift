// Owns the rules about words that must not stand in the code, or not alone; pure functions.

extension TidyRule {
    static let words = [
        TidyRule(sentence: "nothing is left to do and nothing is forced") { tree in
            tree.files.flatMap { file in
                occurrences(of: ["try!", "fatalError(", "as!"], in: file.code, file)
                    + occurrences(of: ["TODO", "FIXME"], in: file.code, file)
                    + occurrences(of: ["TODO", "FIXME"], in: file.comments, file)
            }
        },
        TidyRule(sentence: "a promise the compiler cannot check says why it holds") { tree in
            tree.files.flatMap(unexplainedFindings)
        },
        TidyRule(sentence: "a test never sleeps") { tree in
            tree.tests.flatMap { file in
                let words = ["Thread.sleep", "Task.sleep", "usleep(", "nanosleep("]
                return occurrences(of: words, in: file.code, file)
            }
        },
    ]

    /// A finding for each line that has one of the words.
    static func occurrences(of words: [String], in lines: [String], _ file: SourceFile) -> [String]
    {
        lines.enumerated().flatMap { index, line in
            words.filter(line.contains).map { file.finding(index, $0) }
        }
    }

    private static func unexplainedFindings(_ file: SourceFile) -> [String] {
        let promises = ["@unchecked Sendable", "nonisolated(unsafe)"]
        return file.code.indices.flatMap { index -> [String] in
            let found = promises.filter { file.code[index].contains($0) }
            let isExplained =
                isReason(file.comments[index])
                || (index > 0 && isReason(file.comments[index - 1]))
            return isExplained ? [] : found.map { file.finding(index, "\($0) without a reason") }
        }
    }

    /// Whether it is a `//` comment; documentation says what a thing does, not why it holds.
    private static func isReason(_ comment: String) -> Bool {
        let text = comment.drop { $0 == " " || $0 == "\t" }
        return text.hasPrefix("// ") && !text.hasPrefix("///")
    }
}
