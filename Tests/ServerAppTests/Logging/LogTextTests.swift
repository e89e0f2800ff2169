// Checks that no text can forge a log line.

import Foundation
import Testing

@testable import ServerApp

@Suite("Log text")
struct LogTextTests {
    @Test("plain values stay bare")
    func bare() {
        for text in ["127.0.0.1:50051", "user:123", "1.5ms", "[::1]:80", "{}", "a,b"] {
            #expect(LogText.value(text) == text)
        }
    }

    @Test("a value that is empty, has blanks or looks like a pair is quoted")
    func quoted() {
        #expect(LogText.value("") == #""""#)
        #expect(LogText.value("two words") == #""two words""#)
        #expect(LogText.value("a=b") == #""a=b""#)
        #expect(LogText.value("say \"hi\" \\ bye") == #""say \"hi\" \\ bye""#)
        #expect(LogText.value("Zoë") == #""Zoë""#)
    }

    @Test("nothing that breaks a line or turns its direction goes out as it came")
    func injection() {
        let forged = "x\n2026-01-01T00:00:00.000Z level=error event=\"forged\""
        let text = forged + "\r\u{1b}[2J\u{85}\u{2028}\u{202e}\0"
        let line = LogText.value(text)
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        #expect(
            !line.contains("\u{2028}") && !line.contains("\u{202e}") && !line.contains("\u{85}"))
        #expect(line.hasPrefix(#""x\n2026"#))
        #expect(line.contains(#"\r\u001b[2J\u0085\u2028\u202e\u0000"#))
    }

    @Test("every character survives the way through JSON")
    func jsonRoundTrip() throws {
        var text = ""
        for value in UInt32(0)...0x2100 {
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        text += "🚀\u{FEFF}"
        for part in stride(from: 0, to: text.unicodeScalars.count, by: 500) {
            let scalars = text.unicodeScalars.dropFirst(part).prefix(500)
            let want = String(String.UnicodeScalarView(scalars))
            let json = Data("[\(LogText.json(want))]".utf8)
            #expect(try JSONDecoder().decode([String].self, from: json) == [want])
        }
    }

    @Test("a long value is cut and marked")
    func longValue() {
        let line = LogText.value(String(repeating: "a", count: 1_000_000))
        #expect(line.count == LogText.maxValueCharacters + 3)
        #expect(line.hasSuffix("a…\""))
    }

    @Test("a key cannot end early")
    func keys() {
        #expect(LogText.key("peer.address") == "peer.address")
        #expect(LogText.key("a b=c\n\"") == "a_b_c__")
        #expect(LogText.key("") == "_")
    }
}
