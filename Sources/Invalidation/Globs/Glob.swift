// A glob over whole keys, compiled once and matched many times; immutable, any thread.

/// A pattern over whole keys, in UTF-8.
///
/// `*` is any run of characters, `?` one character, `[a-z]` one of a set, `[^a-z]` one outside
/// of it, and `\` takes the next character as it is. A character is a Unicode scalar, never a
/// byte. In a set, `-` stands for itself first and last, and `]` must be escaped.
package struct Glob: Sendable {
    /// The longest pattern, in bytes of UTF-8.
    package static let maxBytes = 1_024

    /// One step of a pattern.
    enum Element: Equatable, Sendable {
        /// Exactly this scalar.
        case scalar(UInt32)
        /// Any one scalar: `?`.
        case any
        /// Any run of scalars, the empty one too: `*`. Never two in a row.
        case run
        /// One scalar of `sets` at this index.
        case set(Int)
    }

    /// The cheapest way to match.
    enum Shape: Sendable {
        /// No wildcard: the key equals the literal prefix.
        case literal
        /// The literal prefix, then one `*` (alone: every key).
        case prefix
        /// The literal prefix, then `elements`.
        case general
    }

    /// What a pattern compiles to, shared by all copies of the glob.
    final class Program: Sendable {
        let pattern: [UInt8]
        let shape: Shape
        let literalPrefix: [UInt8]
        /// Every element, those of the literal prefix included.
        let elements: [Element]
        /// How many elements the literal prefix stands for.
        let prefixElements: Int
        let sets: [ScalarSet]
        /// What the program holds in memory, about.
        let footprintBytes: Int

        init(pattern: [UInt8], elements: [Element], sets: [ScalarSet]) {
            var prefix: [UInt8] = []
            var count = 0
            for case .scalar(let value) in elements.prefix(while: \.isScalar) {
                UTF8Scalar.append(value, to: &prefix)
                count += 1
            }
            self.pattern = pattern
            self.elements = elements
            self.sets = sets
            self.literalPrefix = prefix
            self.prefixElements = count
            // What was allocated counts, used or not.
            footprintBytes =
                pattern.capacity + prefix.capacity
                + elements.capacity * MemoryLayout<Element>.stride
                + sets.reduce(sets.capacity * MemoryLayout<ScalarSet>.stride) {
                    $0 + $1.footprintBytes
                }
            if count == elements.count {
                self.shape = .literal
            } else if count == elements.count - 1, elements[count] == .run {
                self.shape = .prefix
            } else {
                self.shape = .general
            }
        }
    }

    let program: Program

    /// Compiles a pattern.
    ///
    /// - Throws: `GlobError`, with the byte where the pattern goes wrong and why.
    package init(_ pattern: UnsafeRawBufferPointer) throws(GlobError) {
        try self.init(bytes: Array(pattern))
    }

    /// Compiles a pattern given as a string; see `init(_:)` on bytes.
    package init(_ pattern: String) throws(GlobError) {
        try self.init(bytes: Array(pattern.utf8))
    }

    /// Compiles a pattern given as an array; see `init(_:)` on a buffer.
    package init(bytes: [UInt8]) throws(GlobError) {
        var parser = try GlobParser(bytes)
        self.program = try parser.parse()
    }

    /// The pattern as it was written.
    package var pattern: [UInt8] { program.pattern }

    /// The bytes that every matching key starts with, escapes resolved.
    package var literalPrefix: [UInt8] { program.literalPrefix }

    /// Whether only one key matches: the literal prefix itself.
    package var isLiteral: Bool { program.shape == .literal }

    /// Whether every key matches: the pattern is `*`.
    package var isEverything: Bool {
        program.shape == .prefix && program.literalPrefix.isEmpty
    }
}

extension Glob.Element {
    var isScalar: Bool {
        if case .scalar = self { true } else { false }
    }
}

/// Two globs are equal when they are written alike.
extension Glob: Hashable, Comparable, CustomStringConvertible {
    /// The same pattern, byte for byte.
    package static func == (left: Glob, right: Glob) -> Bool {
        left.program === right.program || left.pattern == right.pattern
    }

    /// Orders by the bytes of the patterns.
    package static func < (left: Glob, right: Glob) -> Bool {
        left.pattern.lexicographicallyPrecedes(right.pattern)
    }

    /// By the pattern.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
    }

    /// The pattern as text.
    package var description: String { String(decoding: pattern, as: UTF8.self) }
}
