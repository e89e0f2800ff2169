// Owns a second, obvious reading of globs, to hold the real one against.

/// A pattern as a list of what each character may be; nil stands for a run of any.
struct GlobModel {
    typealias One = (ranges: [ClosedRange<UInt32>], isNegated: Bool)

    private var parts: [One?] = []

    /// Reads a pattern that the real parser has taken.
    init(_ pattern: [UInt8]) {
        var rest = String(decoding: pattern, as: UTF8.self).unicodeScalars.map(\.value)[...]
        while let first = rest.popFirst() {
            switch first {
            case 0x2A: parts.append(nil)
            case 0x3F: parts.append(([], true))
            case 0x5B: parts.append(Self.set(&rest))
            case 0x5C: parts.append(([Self.single(rest.popFirst())], false))
            default: parts.append(([first...first], false))
            }
        }
    }

    private static func single(_ value: UInt32?) -> ClosedRange<UInt32> {
        guard let value else {
            promise(false, "the parser took a pattern that ends in the middle")
            return 0...0
        }
        return value...value
    }

    private static func set(_ rest: inout ArraySlice<UInt32>) -> One {
        var ranges: [ClosedRange<UInt32>] = []
        let isNegated = rest.first == 0x5E
        if isNegated { rest.removeFirst() }
        while let first = rest.popFirst(), first != 0x5D {
            let lower = first == 0x5C ? single(rest.popFirst()) : first...first
            var upper = lower
            if rest.first == 0x2D, rest.count > 1, rest.dropFirst().first != 0x5D {
                rest.removeFirst()
                let last = rest.popFirst()
                upper = single(last == 0x5C ? rest.popFirst() : last)
            }
            ranges.append(lower.lowerBound...upper.upperBound)
        }
        return (ranges, isNegated)
    }

    /// Tries everything: after each part, which prefixes of the text are spelt.
    func matches(_ text: [UInt32]) -> Bool {
        var spelt = [Bool](repeating: false, count: text.count + 1)
        spelt[0] = true
        for part in parts {
            var next = [Bool](repeating: false, count: text.count + 1)
            for index in spelt.indices {
                if let part {
                    guard index > 0, spelt[index - 1] else { continue }
                    let isIn = part.ranges.contains { $0.contains(text[index - 1]) }
                    next[index] = isIn != part.isNegated
                } else {
                    next[index] = spelt[index] || (index > 0 && next[index - 1])
                }
            }
            spelt = next
        }
        return spelt[text.count]
    }
}
