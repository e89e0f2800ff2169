// Why a text is no glob; a plain value, any thread.

/// A pattern that cannot be compiled.
package struct GlobError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with the pattern.
    package enum Reason: Sendable {
        /// It is empty.
        case empty
        /// It is longer than `Glob.maxBytes`.
        case tooLong
        /// It is not UTF-8.
        case invalidUTF8
        /// A `[` without its `]`.
        case unclosedSet
        /// A set that names no character.
        case emptySet
        /// A range whose end comes before its start.
        case reversedRange
        /// A `\` with nothing behind it.
        case trailingBackslash
    }

    /// The offset, in bytes, of what is wrong.
    package let position: Int
    /// What is wrong there.
    package let reason: Reason

    /// A sentence that names the position.
    package var description: String {
        let what =
            switch reason {
            case .empty: "the pattern is empty"
            case .tooLong: "the pattern is longer than \(Glob.maxBytes) bytes"
            case .invalidUTF8: "not UTF-8"
            case .unclosedSet: "the set opened by '[' has no ']'"
            case .emptySet: "the set names no character; write '\\]' for a bracket in a set"
            case .reversedRange: "the range ends before it starts"
            case .trailingBackslash: "'\\' has nothing to escape; write '\\\\' for a backslash"
            }
        return "\(what) (at byte \(position))"
    }
}
