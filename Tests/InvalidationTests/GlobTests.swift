// Globs: what they match and what is no glob.

import Testing

@testable import Invalidation

extension Glob {
    func matches(_ key: String) -> Bool {
        Array(key.utf8).withUnsafeBytes { matches($0) }
    }
}

@Suite("A glob")
struct GlobTests {
    @Test(
        "matches whole keys",
        arguments: [
            ("user:1", "user:1", true), ("user:1", "user:12", false), ("user:1", "user:", false),
            ("user:*", "user:", true), ("user:*", "user:12", true), ("user:*", "users:12", false),
            ("*", "anything at all", true), ("**", "x", true), ("*:*", "a:b", true),
            ("*:*", "ab", false), ("*.json", "a.json", true), ("*.json", "a.json.gz", false),
            ("a*b*c", "aXbXbXc", true), ("a*b*c", "aXcXb", false), ("?", "a", true),
            ("?", "ab", false), ("a?c", "abc", true), ("a?c", "ac", false), ("??", "é", false),
            ("?", "é", true), ("?", "😀", true), ("*?", "😀", true), ("*??", "😀", false),
            ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[^a-c]x", "dx", true),
            ("[^a-c]x", "ax", false), ("[abc]", "c", true), ("[à-ü]", "é", true),
            ("[^x]", "😀", true), ("[a-]", "-", true), ("[-a]", "-", true), ("[a-]", "b", false),
            ("[\\]]", "]", true), ("[\\\\-\\]]", "\\", true), ("[a^]", "^", true), ("]", "]", true),
            ("\\*", "*", true), ("\\*", "a", false), ("a\\?b", "a?b", true), ("\\é*", "éa", true),
            ("a\\\\", "a\\", true), ("[a-z-9]", "-", true), ("[a-z-9]", "9", true),
            ("*aab", "aaaab", true), ("user:[0-9]*:cart", "user:7:x:cart", true),
        ])
    func matching(pattern: String, key: String, expected: Bool) throws {
        #expect(try Glob(pattern).matches(key) == expected)
        #expect(NaiveGlob.matches(pattern, key) == expected)
    }

    @Test(
        "says where a pattern goes wrong and why",
        arguments: [
            ("", 0, GlobError.Reason.empty), ("ab[c", 2, .unclosedSet), ("[", 0, .unclosedSet),
            ("[^", 0, .unclosedSet), ("é[a-", 2, .unclosedSet), ("[]", 0, .emptySet),
            ("a[^]", 1, .emptySet), ("[z-a]", 1, .reversedRange), ("[bz-a]", 2, .reversedRange),
            ("ab\\", 2, .trailingBackslash), ("[\\", 1, .trailingBackslash),
            ("[a-\\", 3, .trailingBackslash),
            (String(repeating: "a", count: 1_025), 1_024, .tooLong),
        ])
    func refusal(pattern: String, position: Int, reason: GlobError.Reason) {
        #expect(throws: GlobError(position: position, reason: reason)) { try Glob(pattern) }
    }

    @Test(
        "refuses what is not UTF-8",
        arguments: [[0x61, 0xFF], [0x61, 0xC3], [0x61, 0xED, 0xA0, 0x80]])
    func notText(bytes: [UInt8]) {
        #expect(throws: GlobError(position: 1, reason: .invalidUTF8)) { try Glob(bytes: bytes) }
    }

    @Test("takes a pattern of the longest length")
    func longest() throws {
        let text = String(repeating: "a", count: 1_023)
        #expect(try Glob(text + "*").matches(text + "b"))
    }

    @Test("survives a key that is not UTF-8")
    func illFormedKeys() throws {
        for pattern in ["*", "?*", "[^a]?", "a*?b", "*é"] {
            let glob = try Glob(pattern)
            for key: [UInt8] in [[0xFF], [0xC3], [0x61, 0xF0, 0x9F], [0xE0, 0x80, 0x80, 0x62]] {
                _ = key.withUnsafeBytes { glob.matches($0) }
            }
        }
        #expect(try [0xFF].withUnsafeBytes { try Glob("[^a]").matches($0) } == false)
    }

    @Test("knows the literal bytes that every match starts with")
    func literalPrefix() throws {
        #expect(try Glob("user:\\*é[a]").literalPrefix == Array("user:*é".utf8))
        #expect(try Glob("*a").literalPrefix.isEmpty)
        #expect(try Glob("a\\*").isLiteral)
        #expect(try !Glob("a*").isLiteral)
        #expect(try Glob("**").isEverything)
        #expect(try !Glob("?*").isEverything)
    }

    @Test("is equal to another that is written alike")
    func equality() throws {
        let globs: Set<Glob> = [try Glob("a*"), try Glob("a*"), try Glob("a?")]
        #expect(globs.count == 2)
    }

    @Test("agrees with the naive matcher on random patterns and keys")
    func property() throws {
        var random = SeededGenerator(seed: 1)
        let pieces = ["a", "b", "é", "*", "*", "?", "[ab]", "[^a]", "[a-é]", "\\*", "[^é😀]"]
        let letters = ["a", "b", "é", "😀", "*"]
        var matched = 0
        for _ in 0..<20_000 {
            let pattern = text(of: pieces, upTo: 7, &random)
            if pattern.isEmpty { continue }
            let key = text(of: letters, upTo: 8, &random)
            let expected = NaiveGlob.matches(pattern, key)
            if expected { matched += 1 }
            #expect(try Glob(pattern).matches(key) == expected, "\(pattern) on \(key)")
        }
        #expect(matched > 1_000)
    }

    private func text(
        of pieces: [String], upTo count: Int, _ random: inout SeededGenerator
    ) -> String {
        (0..<Int.random(in: 0...count, using: &random)).map { _ in
            pieces.randomElement(using: &random) ?? ""
        }.joined()
    }
}
