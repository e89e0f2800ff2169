// Owns the guess at what a misspelled name was meant to be; pure functions.

enum NearestName {
    /// The most characters of a name that are compared.
    private static let maxLength = 64

    /// The end of a sentence, as in `; did you mean ttl?`, or nothing when no name is near.
    static func suggestion(for name: String, among names: [String]) -> String {
        guard let nearest = find(name, among: names) else { return "" }
        return "; did you mean \(nearest)?"
    }

    /// The name that takes the fewest edits, if they are few enough to be a slip or an
    /// abbreviation.
    static func find(_ name: String, among names: [String]) -> String? {
        let most = max(2, name.count / 3)
        return names.map { (name: $0, edits: edits(from: name, to: $0)) }
            .filter { $0.edits <= most || isAbbreviation(name, of: $0.name) }
            .min { ($0.edits, $0.name) < ($1.edits, $1.name) }?.name
    }

    private static func isAbbreviation(_ short: String, of name: String) -> Bool {
        short.count >= 3 && name.hasPrefix(short)
    }

    /// Counts insertions, deletions and replacements (Levenshtein).
    private static func edits(from: String, to: String) -> Int {
        let source = Array(from.lowercased().utf8.prefix(maxLength))
        let target = Array(to.lowercased().utf8.prefix(maxLength))
        var row = Array(0...target.count)
        for (index, byte) in source.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in target.indices {
                let replaced = diagonal + (target[column] == byte ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, min(diagonal, row[column]) + 1)
            }
        }
        return row[target.count]
    }
}
