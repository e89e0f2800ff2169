// Checks how sizes and spans of time are read and written.

import Testing

@testable import ServerApp

@Suite("Settings: sizes and times")
struct NotationTests {
    @Test(
        "a size is read in binary units, decimal units or plain bytes",
        arguments: [
            ("0", 0), ("1000", 1_000), ("1B", 1), ("64KiB", 65_536), ("256MiB", 268_435_456),
            ("1GiB", 1_073_741_824), ("1gib", 1_073_741_824), ("8GB", 8_000_000_000),
            ("2KB", 2_000), ("3MB", 3_000_000), ("1TiB", 1_099_511_627_776),
            ("1TB", 1_000_000_000_000),
        ])
    func sizes(text: String, bytes: Int) {
        #expect(SizeNotation.parse(text) == bytes)
    }

    @Test(
        "what is no size is refused, and so is one that overflows",
        arguments: ["", "MiB", "-1", "1.5GiB", "1 MiB", "0x10", "1M", "9999999999TiB", "+1", "١"])
    func noSizes(text: String) {
        #expect(SizeNotation.parse(text) == nil)
    }

    @Test("a size is written in the largest unit that divides it, and reads back the same")
    func sizeFormat() {
        for (bytes, text) in [(0, "0"), (1_000, "1000"), (1_024, "1KiB"), (3 << 29, "1536MiB")] {
            #expect(SizeNotation.format(bytes) == text)
            #expect(SizeNotation.parse(text) == bytes)
        }
    }

    @Test(
        "a span is read with its unit, and as seconds without one",
        arguments: [
            ("0", Duration.zero), ("3600", .seconds(3_600)), ("5.0", .seconds(5)),
            ("250ms", .milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("1h", .seconds(3_600)), ("1d", .seconds(86_400)), ("1.5h", .seconds(5_400)),
            ("0.25", .milliseconds(250)), ("7us", .microseconds(7)), ("9ns", .nanoseconds(9)),
        ])
    func spans(text: String, span: Duration) {
        #expect(DurationNotation.parse(text) == span)
    }

    @Test(
        "what is no span is refused, and so is one that overflows",
        arguments: [
            "", "s", "-1s", "1 s", "1y", "1.2.3s", ".5s", "1.s", "99999999999d", "1e3", "1H",
            "0.12345678901s", "9223372036854775807s", "106751.99999d", "٣s",
        ])
    func noSpans(text: String) {
        #expect(DurationNotation.parse(text) == nil)
    }

    @Test("a part is a plain number in its range, and reads back the same")
    func fractions() {
        let codec = SettingCodec<Double>.fraction(0...0.5)
        #expect(codec.allowed == "0 to 0.5, written as 0.1")
        for (text, number) in [
            ("0", 0.0), ("0.5", 0.5), (".25", 0.25), ("0.1000", 0.1), ("0.0001", 0.0001),
        ] {
            #expect(codec.parse(text) == number)
            #expect(codec.parse(codec.format(number)) == number)
        }
        let none = ["", ".", "0.51", "1", "-0.1", "10%", "1e-1", "nan", "inf", "0.00001", "0,1"]
        for text in none { #expect(codec.parse(text) == nil, "\(text)") }
    }

    @Test("where there may be none, off is read and written, and anything else is as ever")
    func off() throws {
        let codec = SettingCodec<Duration?>.orOff(.duration(.seconds(1)...Duration.seconds(60)))
        #expect(try #require(codec.parse("off")) == nil)
        #expect(try #require(codec.parse("30s")) == .seconds(30))
        for text in ["", "0s", "61s", "OFF", "never"] { #expect(codec.parse(text) == nil) }
        #expect(codec.format(nil) == "off" && codec.format(.seconds(30)) == "30s")
    }

    @Test("a span is written in the largest unit that divides it, and reads back the same")
    func spanFormat() {
        let spans: [(Duration, String)] = [
            (.zero, "0s"), (.seconds(3_600), "1h"), (.seconds(90), "90s"), (.seconds(86_400), "1d"),
            (.milliseconds(1_500), "1500ms"), (.nanoseconds(1), "1ns"),
        ]
        for (span, text) in spans {
            #expect(DurationNotation.format(span) == text)
            #expect(DurationNotation.parse(text) == span)
        }
    }
}
