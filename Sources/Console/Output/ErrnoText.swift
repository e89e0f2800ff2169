// The system's words for what failed; any thread.

import Foundation

/// Failures of the system as text.
package enum ErrnoText {
    /// What an `errno` means, with a small first letter, to follow a path and a colon.
    package static func of(_ number: Int32) -> String {
        let text = String(cString: strerror(number))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
