// Owns what a rule about the source tree is, and the list of all; values.

import Testing

/// One rule: a sentence, and what breaks it.
struct TidyRule: Sendable, CustomTestStringConvertible {
    /// The rule as a sentence.
    let sentence: String
    /// What breaks it, one line each, with the place.
    let findings: @Sendable (SourceTree) -> [String]

    var testDescription: String { sentence }

    static let all = layers + sizes + words + documentation + repository
}
