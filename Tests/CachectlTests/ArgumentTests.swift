// How arguments are written: pairs, tokens.

import ArgumentParser
import Testing

@testable import cachectl

@Suite struct PairAndTokenTests {
    @Test("a pair is divided at its first equals sign")
    func pairs() throws {
        #expect(try MetadataArgument.parse("a=b=c") == MetadataArgument(name: "a", value: "b=c"))
        #expect(try MetadataArgument.parse("a=") == MetadataArgument(name: "a", value: ""))
        #expect(throws: ValidationError.self) { try MetadataArgument.parse("a") }
        #expect(throws: ValidationError.self) { try MetadataArgument.parse("=b") }
    }

    @Test("a token is base64 and not empty")
    func tokens() throws {
        #expect(try TokenArgument.parse("AP8B").bytes == [0, 255, 1])
        #expect(throws: ValidationError.self) { try TokenArgument.parse("") }
        #expect(throws: ValidationError.self) { try TokenArgument.parse("not base64!") }
    }
}
