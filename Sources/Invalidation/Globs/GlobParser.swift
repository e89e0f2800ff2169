// Turns the text of a glob into its elements; used once per pattern, on any thread.

/// Parses one pattern.
struct GlobParser {
    private let pattern: [UInt8]
    private var characters: [(value: UInt32, position: Int)] = []
    private var next = 0
    private var elements: [Glob.Element] = []
    private var sets: [ScalarSet] = []

    init(_ pattern: [UInt8]) throws(GlobError) {
        guard !pattern.isEmpty else { throw GlobError(position: 0, reason: .empty) }
        guard pattern.count <= Glob.maxBytes else {
            throw GlobError(position: Glob.maxBytes, reason: .tooLong)
        }
        self.pattern = pattern
        characters.reserveCapacity(pattern.count)
        var index = 0
        while index < pattern.count {
            let (value, length) = pattern.withUnsafeBytes { UTF8Scalar.decode($0, at: index) }
            guard value != UTF8Scalar.illFormed else {
                throw GlobError(position: index, reason: .invalidUTF8)
            }
            characters.append((value, index))
            index += length
        }
    }

    mutating func parse() throws(GlobError) -> Glob.Program {
        while let (value, position) = advance() {
            switch value {
            case "*":
                // A second star adds nothing but work.
                if elements.last != .run { elements.append(.run) }
            case "?":
                elements.append(.any)
            case "[":
                sets.append(try parseSet(openedAt: position))
                elements.append(.set(sets.count - 1))
            case "\\":
                elements.append(.scalar(try escaped(by: position)))
            default:
                elements.append(.scalar(value))
            }
        }
        return Glob.Program(pattern: pattern, elements: elements, sets: sets)
    }

    private mutating func parseSet(openedAt open: Int) throws(GlobError) -> ScalarSet {
        var ranges: [ClosedRange<UInt32>] = []
        let negated = peek() == "^"
        if negated { next += 1 }
        while let (value, position) = advance() {
            if value == "]" {
                guard !ranges.isEmpty else { throw GlobError(position: open, reason: .emptySet) }
                return ScalarSet(ranges, negated: negated)
            }
            let lower = value == "\\" ? try escaped(by: position) : value
            // A `-` just before the bracket is itself, not a range.
            guard peek() == "-", next + 1 < characters.count, characters[next + 1].value != "]"
            else {
                ranges.append(lower...lower)
                continue
            }
            next += 1
            guard let (end, endPosition) = advance() else { break }
            let upper = end == "\\" ? try escaped(by: endPosition) : end
            guard lower <= upper else {
                throw GlobError(position: position, reason: .reversedRange)
            }
            ranges.append(lower...upper)
        }
        throw GlobError(position: open, reason: .unclosedSet)
    }

    private mutating func escaped(by backslash: Int) throws(GlobError) -> UInt32 {
        guard let (value, _) = advance() else {
            throw GlobError(position: backslash, reason: .trailingBackslash)
        }
        return value
    }

    private func peek() -> UInt32? {
        next < characters.count ? characters[next].value : nil
    }

    private mutating func advance() -> (value: UInt32, position: Int)? {
        guard next < characters.count else { return nil }
        next += 1
        return characters[next - 1]
    }
}

/// Lets the parser name scalars by their character.
private func ~= (pattern: Unicode.Scalar, value: UInt32) -> Bool { pattern.value == value }
private func == (left: UInt32?, right: Unicode.Scalar) -> Bool { left == right.value }
private func == (left: UInt32, right: Unicode.Scalar) -> Bool { left == right.value }
private func != (left: UInt32, right: Unicode.Scalar) -> Bool { left != right.value }
