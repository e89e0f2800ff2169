// Checks that code, comments and literals are told apart.

import Testing

@Suite("Lexer of the tidy rules")
struct SwiftLexerTests {
    @Test(
        "what is not code is blanked, and nothing moves",
        arguments: [
            ("a // b\nc", "a     \nc"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("a(\"b\") // c", "a(\" \")     "),
            ("\"a\\\"b\" c", "\"    \" c"),
            ("\"\\(a(\"b\")) // c\" d", "\"  a(\" \"))     \" d"),
            ("#\"a\"b\"# c", " \"   \"  c"),
            ("#\"\\(a) \\#(b)\"# c", " \"        b)\"  c"),
            ("\"\"\"\n\"a\" // b\n\"\"\" c", "\"\"\"\n        \n\"\"\" c"),
            ("\"a\nb", "\" \nb"),
            ("#if a // \"", "#if a     "),
        ])
    func code(text: String, code: String) {
        #expect(String(decoding: SwiftLexer(text).code, as: UTF8.self) == code)
    }

    @Test("comments are kept where they are")
    func comments() {
        let lexer = SwiftLexer("a // \"b\"\n\"// c\" /* d */ e")
        #expect(
            String(decoding: lexer.comments, as: UTF8.self) == "  // \"b\"\n       /* d */  ")
    }
}
