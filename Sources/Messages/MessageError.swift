// Owns the one error of this target; a value, usable on every thread.

/// Why bytes were not decoded.
package struct MessageError: Error, Hashable, Sendable {
    /// What kind of refusal it is, and so which status answers it.
    package enum Kind: Hashable, Sendable {
        /// The bytes are not such a message: INTERNAL.
        case malformed
        /// A field holds what its type does not allow: INVALID_ARGUMENT.
        case invalidField
        /// The message takes more memory or has more fields than allowed: RESOURCE_EXHAUSTED.
        case tooLarge
    }

    /// What kind of refusal it is.
    package var kind: Kind

    /// The path of the field, `key` or `entries[3].key`; nil when it is the message as a whole.
    package var field: String?

    /// What is wrong with it, to follow its name: `must be UTF-8`.
    package var reason: String

    /// A whole sentence for the caller, with the field's path and never with its value.
    package var message: String { "\(field ?? "the message") \(reason)" }

    init(_ kind: Kind, field: String? = nil, _ reason: String) {
        self.kind = kind
        self.field = field
        self.reason = reason
    }

    /// The same error as seen from the message around: `key` becomes `entries[3].key`.
    func inside(_ outer: String) -> MessageError {
        MessageError(kind, field: field.map { "\(outer).\($0)" } ?? outer, reason)
    }
}
