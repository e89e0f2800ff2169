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

    @Test("an age has the unit people would say it in")
    func ages() {
        let ages: [(Duration, String)] = [
            (.milliseconds(400), "0 s"), (.seconds(90), "90 s"), (.seconds(600), "10.0 min"),
            (.seconds(9_000), "2.50 h"), (.seconds(864_000), "10.0 d"),
        ]
        for (age, text) in ages { #expect(Digits.age(age) == text) }
    }

    @Test("a table that would be too wide cuts its first column off")
    func fitting() {
        var table = Table(["NAME", "A", "B"])
        table.add([String(repeating: "n", count: 50), String(repeating: "a", count: 30), "b"])
        let lines = table.lines
        #expect(lines.map(\.count) == [80, 80])
        #expect(lines[1].hasPrefix(String(repeating: "n", count: 44) + "…  a"))
    }

    @Test("a colour does not count as columns")
    func tinted() {
        var table = Table(["NAME", "STATE", "COUNT"], leftColumns: [0, 1])
        table.add(["a", Table.Cell("down", .problem), "1"])
        #expect(table.lines == ["NAME  STATE  COUNT", "a     down       1"])
        #expect(
            table.lines(in: .coloured)
                == ["NAME  STATE  COUNT", "a     \u{1B}[31mdown\u{1B}[0m       1"])
    }

    @Test("colours are for terminals that have some, unless they are not wanted")
    func styles() {
        let terminal = ["TERM": "xterm-256color"]
        #expect(TextStyle.style(isTerminal: true, environment: terminal) == .coloured)
        #expect(TextStyle.style(isTerminal: false, environment: terminal) == .plain)
        #expect(TextStyle.style(isTerminal: true, environment: [:]) == .plain)
        #expect(TextStyle.style(isTerminal: true, environment: ["TERM": "dumb"]) == .plain)
        let unwanted = terminal.merging(["NO_COLOR": "1"]) { $1 }
        #expect(TextStyle.style(isTerminal: true, environment: unwanted) == .plain)
    }

    @Test("a progress line stays on its line")
    func progress() {
        let long = String(repeating: "x", count: 200)
        #expect(ProgressLine.cut(long, to: 80).count == 79)
        #expect(ProgressLine.cut("a\nb", to: 80) == "a\\nb")
        #expect(ProgressLine(Output(of: "x", isJSON: true)) == nil)
    }

    @Test("columns are as wide as their widest cell, and lines end without spaces")
    func table() {
        var table = Table(["NAME", "COUNT"])
        table.add(["a", "1"])
        table.add(["longer", "1000000"])
        #expect(table.lines == ["NAME      COUNT", "a             1", "longer  1000000"])
    }
}
