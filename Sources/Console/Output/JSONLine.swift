// An answer as one line of JSON; pure functions.

import Foundation

/// Answers as JSON.
package enum JSONLine {
    /// One object with its members sorted by name, without a newline.
    package static func text(_ answer: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(answer), as: UTF8.self)
        } catch {
            // Our answers hold strings, whole numbers and finite fractions: all of it is JSON.
            preconditionFailure("an answer is not JSON: \(error)")
        }
    }
}
