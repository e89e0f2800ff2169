// How text, numbers, times and tables are laid out.

import Foundation
import Messages
import Testing

@testable import cachectl

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

    @Test("a time is RFC 3339 in UTC with as many decimals as it needs")
    func moments() {
        #expect(Moment(ProtoTimestamp(seconds: 0)).text == "1970-01-01T00:00:00Z")
        let seconds: Int64 = 1_785_489_484
        #expect(Moment(ProtoTimestamp(seconds: seconds)).text == "2026-07-31T09:18:04Z")
        let decimals: [(Int32, String)] = [
            (120_000_000, ".120"), (5_000, ".000005"), (7, ".000000007"),
        ]
        for (nanos, text) in decimals {
            let moment = Moment(ProtoTimestamp(seconds: seconds, nanos: nanos))
            #expect(moment.text == "2026-07-31T09:18:04\(text)Z")
        }
        let moment = Moment(ProtoTimestamp(seconds: seconds, nanos: 7_999_999))
        #expect(moment.millisecondsText == "2026-07-31T09:18:04.007Z")
    }

    @Test("a span is seconds for programs and has a fitting unit for people")
    func intervals() {
        let spans: [(ProtoDuration, String, String)] = [
            (.init(nanos: 850), "850 ns", "0.000000850s"),
            (.init(nanos: 12_340), "12.3 µs", "0.000012340s"),
            (.init(nanos: 4_560_000), "4.56 ms", "0.004560s"),
            (.init(seconds: 12), "12.0 s", "12s"),
        ]
        for (span, text, json) in spans {
            #expect(Interval(span).text == text)
            #expect(JSONLine.text(Interval(span)) == "\"\(json)\"")
        }
    }

    @Test("columns are as wide as their widest cell, and lines end without spaces")
    func table() {
        var table = Table(["NAME", "COUNT"])
        table.add(["a", "1"])
        table.add(["longer", "1000000"])
        #expect(table.lines == ["NAME      COUNT", "a             1", "longer  1000000"])
    }
}
