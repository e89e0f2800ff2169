// How a pair of metadata is written on the command line; a value.

import ArgumentParser

/// A name and a value, as in `--metadata owner=billing`.
struct MetadataArgument: Equatable, Sendable {
    var name: String
    var value: String

    /// Reads `name=value`; the value may be empty and may hold further `=`. Throws a
    /// ValidationError that says how to write it.
    static func parse(_ text: String) throws -> MetadataArgument {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw ValidationError("write it as name=value")
        }
        return MetadataArgument(
            name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
    }
}
