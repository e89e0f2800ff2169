// How text, numbers, spans and tables are laid out.

import Testing

@testable import Console

@Suite struct OutputTests {
    @Test("control characters of others become escapes, everything else stays")
    func line() {
        #expect(PlainText.line("a\nb\t\u{1B}[31mc\\d é") == "a\\nb\\t\\u{1b}[31mc\\d é")
    }

    @Test("a value on one line can be read back, and bytes are base64 behind a mark")
    func value() {
        #expect(PlainText.value(Array("a\\n\nb".utf8)) == "a\\\\n\\nb")
        #expect(PlainText.value([0xFF, 0x00]) == "base64:/wA=")
    }

    @Test("a word with spaces or quotes is put into quotes")
    func quoted() {
        #expect(PlainText.quoted("user:1") == "user:1")
        #expect(PlainText.quoted("say \"hi\"") == "\"say \\\"hi\\\"\"")
        #expect(PlainText.quoted("") == "\"\"")
    }

    @Test("counts and sizes stay short")
    func numbers() {
        #expect(Digits.count(999_999) == "999999")
        #expect(Digits.count(1_234_567) == "1.23M")
        #expect(Digits.count(UInt64.max) == "18447P")
        #expect(Digits.size(bytes: 512) == "512 B")
        #expect(Digits.size(bytes: 1_536) == "1.50 KiB")
        #expect(Digits.size(bytes: 256 << 20) == "256 MiB")
    }

    @Test("a span has a unit that fits")
    func spans() {
        let spans: [(Duration, String)] = [
            (.nanoseconds(850), "850 ns"), (.nanoseconds(12_340), "12.3 µs"),
            (.microseconds(4_560), "4.56 ms"), (.seconds(12), "12.0 s"),
        ]
        for (span, text) in spans { #expect(Digits.span(span) == text) }
    }

    @Test("columns are as wide as their widest cell, and lines end without spaces")
    func table() {
        var table = Table(["NAME", "COUNT"])
        table.add(["a", "1"])
        table.add(["longer", "1000000"])
        #expect(table.lines == ["NAME      COUNT", "a             1", "longer  1000000"])
    }
}
