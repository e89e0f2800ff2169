// Whether two globs share a key.

import Testing

@testable import Invalidation

@Suite("The intersection of two globs")
struct GlobIntersectionTests {
    @Test(
        "is found in both directions",
        arguments: [
            ("user:*", "user:1", true), ("user:*", "order:*", false), ("*", "a", true),
            ("a*", "*b", true), ("a*b", "*c", false), ("?", "??", false), ("a?c", "ab*", true),
            ("[a-c]*", "[d-f]*", false), ("[a-d]*", "[d-f]*", true), ("[^a]", "a", false),
            ("[^a]", "[^b]", true), ("*x*", "*y*", true), ("a*a", "a", false), ("a*a", "aa", true),
            ("*ab", "ab*", true), ("user:[0-9]", "user:1?", false), ("é?", "?😀", true),
            ("[^\u{0}-\u{10FFFF}]", "*", false), ("a[^\u{0}-\u{10FFFF}]", "a?", false),
            ("[^\u{0}-\u{D7FF}\u{E000}-\u{10FFFF}]*", "[^a]*", false),
            ("user:1*:cart", "user:*2:cart", true), ("*", "*", true),
            ("user:*:x", "user:a:*", true), ("user:ab*", "user:?", false),
            ("user:a?", "user:ab*", true), ("ab*", "a[^b]*", false), ("ab*", "a[^c]*", true),
        ])
    func table(left: String, right: String, expected: Bool) throws {
        #expect(try Glob(left).intersects(Glob(right)) == expected)
        #expect(try Glob(right).intersects(Glob(left)) == expected)
    }

    @Test("agrees with trying every short text")
    func bruteForce() throws {
        let texts = allTexts(of: ["a", "b", "c"], upTo: 6)
        let pieces = ["a", "b", "?", "*", "[ab]", "[^a]", "[^ab]"]
        var random = SeededGenerator(seed: 2)
        var shared = 0
        for _ in 0..<400 {
            let patterns = (0..<2).map { _ in
                (0...Int.random(in: 0...2, using: &random)).map { _ in
                    pieces.randomElement(using: &random) ?? ""
                }.joined()
            }
            let (left, right) = (try Glob(patterns[0]), try Glob(patterns[1]))
            // With at most three pieces each, the shortest common text is no longer than six.
            let expected = texts.contains { left.matches($0) && right.matches($0) }
            if expected { shared += 1 }
            #expect(left.intersects(right) == expected, "\(left) and \(right)")
        }
        #expect(shared > 50 && shared < 350)
    }

    @Test("is assumed when the budget runs out, and the budget is spent")
    func budget() throws {
        let left = try Glob("*" + String(repeating: "?", count: 1_000) + "a")
        let right = try Glob("*" + String(repeating: "?", count: 1_000) + "b")
        #expect(!left.intersects(right))
        var budget = 10_000
        #expect(left.mayIntersect(right, budget: &budget))
        #expect(budget <= 0)
    }

    private func allTexts(of letters: [String], upTo count: Int) -> [String] {
        var texts = [""]
        var longest = [""]
        for _ in 0..<count {
            longest = longest.flatMap { text in letters.map { text + $0 } }
            texts += longest
        }
        return texts
    }
}
