// How a resume token is written on the command line; a value.

import ArgumentParser
import Foundation

/// A resume token in base64, as `watch --json` and `invalidate --json` print it.
struct TokenArgument: Equatable, Sendable {
    var bytes: [UInt8]

    /// Reads base64. Throws a ValidationError when it is none.
    static func parse(_ text: String) throws -> TokenArgument {
        guard let data = Data(base64Encoded: text), !data.isEmpty else {
            throw ValidationError("a token is base64, as --json prints it")
        }
        return TokenArgument(bytes: Array(data))
    }
}
