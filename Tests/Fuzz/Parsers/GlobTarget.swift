// Owns the attack on globs: parsing, matching and intersecting, against an obvious model.

import Invalidation

enum GlobTarget {
    /// Two patterns, then texts; each with its length in front.
    static func run(_ input: inout FuzzInput) {
        let patterns = [input.run(), input.run()]
        let globs = patterns.map { pattern -> Glob? in
            do throws(GlobError) {
                return try Glob(bytes: pattern)
            } catch {
                promise(error.position <= pattern.count, "a fault behind the end of \(pattern)")
                promise(!error.description.isEmpty, "a refusal says nothing")
                return nil
            }
        }
        var texts: [[UInt8]] = []
        while !input.isEmpty, texts.count < 16 { texts.append(input.run()) }
        for (glob, pattern) in zip(globs, patterns) {
            guard let glob else { continue }
            check(glob, GlobModel(pattern), texts + patterns)
        }
        guard let left = globs[0], let right = globs[1] else { return }
        let meet = left.intersects(right)
        promise(meet == right.intersects(left), "\(left) and \(right) meet in one direction")
        for text in texts + patterns where isMatch(left, text) && isMatch(right, text) {
            promise(meet || !isText(text), "\(left) and \(right) share \(text), and do not meet")
        }
    }

    private static func check(_ glob: Glob, _ model: GlobModel, _ texts: [[UInt8]]) {
        promise(
            glob.intersects(glob) || !texts.contains { isText($0) && isMatch(glob, $0) }, "\(glob)")
        for text in texts {
            let found = isMatch(glob, text)
            guard isText(text) else { continue }
            let scalars = String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
            promise(found == model.matches(scalars), "\(glob) takes \(text): \(found)")
            if found { promise(text.starts(with: glob.literalPrefix), "\(glob) takes \(text)") }
            if glob.isEverything { promise(found, "\(glob) does not take \(text)") }
            if glob.isLiteral, found { promise(text == glob.literalPrefix, "\(glob): \(text)") }
        }
    }

    private static func isMatch(_ glob: Glob, _ text: [UInt8]) -> Bool {
        text.withUnsafeBytes { glob.matches($0) }
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }
}
