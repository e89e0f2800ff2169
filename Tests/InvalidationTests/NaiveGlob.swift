// A second, obvious implementation of globs, to hold the real one against.

/// Matches by trying everything, on arrays of characters.
enum NaiveGlob {
    enum Part: Equatable {
        case one(Set<Unicode.Scalar>, negated: Bool)
        case anyOne
        case run
    }

    /// Parses a well-formed pattern.
    static func parse(_ pattern: String) -> [Part] {
        var rest = Array(pattern.unicodeScalars)[...]
        var parts: [Part] = []
        while let first = rest.popFirst() {
            switch first {
            case "*": parts.append(.run)
            case "?": parts.append(.anyOne)
            case "\\": parts.append(.one([rest.removeFirst()], negated: false))
            case "[": parts.append(parseSet(&rest))
            default: parts.append(.one([first], negated: false))
            }
        }
        return parts
    }

    private static func parseSet(_ rest: inout ArraySlice<Unicode.Scalar>) -> Part {
        var members: Set<Unicode.Scalar> = []
        let negated = rest.first == "^"
        if negated { rest.removeFirst() }
        while let first = rest.popFirst(), first != "]" {
            let lower = first == "\\" ? rest.removeFirst() : first
            var upper = lower
            if rest.first == "-", rest.dropFirst().first != "]" {
                rest.removeFirst()
                let next = rest.removeFirst()
                upper = next == "\\" ? rest.removeFirst() : next
            }
            for value in lower.value...upper.value {
                if let scalar = Unicode.Scalar(value) { members.insert(scalar) }
            }
        }
        return .one(members, negated: negated)
    }

    static func matches(_ pattern: String, _ text: String) -> Bool {
        matches(parse(pattern)[...], Array(text.unicodeScalars)[...])
    }

    static func matches(_ parts: ArraySlice<Part>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let part = parts.first else { return text.isEmpty }
        switch part {
        case .run:
            return matches(parts.dropFirst(), text)
                || (!text.isEmpty && matches(parts, text.dropFirst()))
        case .anyOne:
            return !text.isEmpty && matches(parts.dropFirst(), text.dropFirst())
        case .one(let members, let negated):
            guard let first = text.first, members.contains(first) != negated else { return false }
            return matches(parts.dropFirst(), text.dropFirst())
        }
    }
}
