// Owns how one kind of setting is written and read as text; values, safe on every thread.

import RedisClient

/// Turns text into a value and back, and says in words what is allowed.
struct SettingCodec<Value: Sendable>: Sendable {
    /// What stands for the value in a usage line, as in `<size>`.
    let placeholder: String
    /// What is allowed, as the end of the sentence "allowed: …".
    let allowed: String
    /// The value, or nil when the text is not allowed.
    let parse: @Sendable (String) -> Value?
    /// The text that `parse` turns into the value, but for a secret in it.
    let format: @Sendable (Value) -> String
    /// A text that is not allowed as it may be shown, without what may be a secret in it.
    var redact: @Sendable (String) -> String = { $0 }
    /// What in particular is wrong with a text that is not allowed, as a part of a sentence.
    var complaint: @Sendable (String) -> String? = { _ in nil }
}

extension SettingCodec where Value == Int {
    /// A whole number in `range`.
    static func integer(_ range: ClosedRange<Int>) -> Self {
        Self(
            placeholder: "number",
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            format: { String($0) })
    }

    /// A number of bytes in `range`.
    static func bytes(_ range: ClosedRange<Int>) -> Self {
        let lowest = SizeNotation.format(range.lowerBound)
        let highest = SizeNotation.format(range.upperBound)
        return Self(
            placeholder: "size",
            allowed: "\(lowest) to \(highest), written as 64MiB, 1GiB or a plain number of bytes",
            parse: { text in SizeNotation.parse(text).flatMap { range.contains($0) ? $0 : nil } },
            format: SizeNotation.format)
    }
}

extension SettingCodec where Value == Double {
    /// A part of something, in `range`, with at most four decimals.
    static func fraction(_ range: ClosedRange<Double>) -> Self {
        Self(
            placeholder: "part",
            allowed: "\(format(range.lowerBound)) to \(format(range.upperBound)), written as 0.1",
            parse: { text in
                let isPlain = text.utf8.allSatisfy {
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
                }
                guard isPlain, text.utf8.count <= 6, let number = Double(text) else { return nil }
                return range.contains(number) ? number : nil
            },
            format: format)
    }

    private static func format(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}

extension SettingCodec where Value == Duration {
    /// A span of time in `range`.
    static func duration(_ range: ClosedRange<Duration>) -> Self {
        let lowest = DurationNotation.format(range.lowerBound)
        let highest = DurationNotation.format(range.upperBound)
        return Self(
            placeholder: "time",
            allowed: "\(lowest) to \(highest), written as 250ms, 30s, 5m, 1h, 1d or plain seconds",
            parse: { text in
                DurationNotation.parse(text).flatMap { range.contains($0) ? $0 : nil }
            },
            format: DurationNotation.format)
    }
}

extension SettingCodec {
    /// What `codec` allows, or `off`, which is nil.
    static func orOff<Wrapped>(_ codec: SettingCodec<Wrapped>) -> Self where Value == Wrapped? {
        let off = "off"
        return Self(
            placeholder: codec.placeholder,
            allowed: "\(off), or \(codec.allowed)",
            parse: { text in
                if text == off { return .some(nil) }
                return codec.parse(text).map { .some($0) }
            },
            format: { $0.map(codec.format) ?? off })
    }
}

extension SettingCodec where Value: CaseIterable & RawRepresentable, Value.RawValue == String {
    /// One of the cases, by its raw value.
    static func choice() -> Self {
        let names = Value.allCases.map(\.rawValue)
        return Self(
            placeholder: names.count <= 4 ? names.joined(separator: "|") : "name",
            allowed: names.joined(separator: ", "),
            parse: { Value(rawValue: $0) },
            format: \.rawValue)
    }
}

extension SettingCodec where Value == Bool {
    /// Yes or no, in the words that YAML and environments know.
    static func flag() -> Self {
        let words = [
            "true": true, "yes": true, "on": true, "1": true,
            "false": false, "no": false, "off": false, "0": false,
        ]
        return Self(
            placeholder: "true|false",
            allowed: "true or false",
            parse: { words[$0.lowercased()] },
            format: { String($0) })
    }
}

extension SettingCodec where Value == String {
    /// A host name or an address, without a port.
    static func host() -> Self {
        Self(
            placeholder: "address",
            allowed: "a host name or an IP address, without a port",
            parse: { text in
                let isHost = (1...253).contains(text.utf8.count) && text.utf8.allSatisfy(isHostByte)
                return isHost ? text : nil
            },
            format: { $0 })
    }

    /// The path of a file.
    static func file() -> Self {
        Self(
            placeholder: "file",
            allowed: "the path of a file",
            parse: { text in
                let isPath =
                    (1...4_096).contains(text.utf8.count)
                    && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                return isPath ? text : nil
            },
            format: { $0 })
    }

    /// A password, which is never shown.
    static func secret() -> Self {
        Self(
            placeholder: "secret",
            allowed: "1 to 1024 bytes without control characters",
            parse: { text in
                let isSecret =
                    (1...1_024).contains(text.utf8.count)
                    && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
                return isSecret ? text : nil
            },
            format: { _ in RedisURL.hidden }, redact: { _ in RedisURL.hidden })
    }

    /// What names begin with: nothing that means something in a pattern or to Redis Cluster.
    static func prefix() -> Self {
        Self(
            placeholder: "prefix",
            allowed: "1 to 64 of A-Z a-z 0-9 _ . : / -",
            parse: { text in
                let isPrefix =
                    (1...64).contains(text.utf8.count) && text.utf8.allSatisfy(isPrefixByte)
                return isPrefix ? text : nil
            },
            format: { $0 })
    }

    /// The name of a namespace or of a pool.
    static func name() -> Self {
        Self(
            placeholder: "name",
            allowed: "1 to 64 of A-Z a-z 0-9 _ . -",
            parse: { SettingName.isAllowed($0) ? $0 : nil },
            format: { $0 })
    }

    private static func isPrefixByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || (isHostByte(byte) && byte != UInt8(ascii: "%"))
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "%"):
            true
        default:
            false
        }
    }
}

extension SettingCodec where Value == RedisURL {
    /// Where a pool's servers are.
    static func redisURL() -> Self {
        Self(
            placeholder: "url", allowed: RedisURL.allowed,
            parse: { text in
                do throws(RedisURLError) { return try RedisURL(text) } catch { return nil }
            },
            format: \.description, redact: RedisURL.redacted,
            complaint: { text in
                do throws(RedisURLError) {
                    _ = try RedisURL(text)
                    return nil
                } catch {
                    return error.description
                }
            })
    }
}
