// Bytes as base64 text; pure functions.

import Foundation

/// Bytes as text.
package enum Base64Text {
    /// With padding, as `--since` and every JSON library take it.
    package static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }
}
