// Owns the attack on what header values mean: metadata, base64, percent encoding, timeouts.

@testable import GRPC

enum MetadataTarget {
    static func run(_ input: inout FuzzInput) {
        let choice = input.number(below: 5)
        let bytes = input.remaining()
        switch choice {
        case 0: metadata(bytes)
        case 1: base64(bytes)
        case 2: percentEncoding(bytes)
        case 3: timeout(bytes)
        default: duration(bytes)
        }
    }

    private static func metadata(_ bytes: [UInt8]) {
        for name in ["x-text", "x-bytes-bin", "-bin"] {
            var metadata = Metadata()
            guard metadata.addWire(name: name, value: bytes) else { continue }
            var again = Metadata()
            for pair in metadata.pairs {
                let wire = Metadata.wireValue(name: pair.name, value: pair.value)
                promise(again.addWire(name: pair.name, value: wire), "our own metadata is refused")
            }
            promise(metadata == again, "metadata changes on its way: \(bytes)")
        }
    }

    private static func base64(_ bytes: [UInt8]) {
        promise(Base64.decode(Base64.encode(bytes)) == bytes, "base64 loses \(bytes)")
        guard let decoded = Base64.decode(bytes) else { return }
        let symbols = bytes.prefix { $0 != UInt8(ascii: "=") }
        let encoded = Base64.encode(decoded)
        // The last symbol may carry bits that mean nothing.
        promise(encoded.count == symbols.count, "base64 of another length: \(bytes)")
        promise(encoded.dropLast() == symbols.dropLast(), "base64 of other symbols: \(bytes)")
    }

    private static func percentEncoding(_ bytes: [UInt8]) {
        let text = PercentEncoding.decode(bytes)
        let encoded = PercentEncoding.encode(text)
        promise(encoded.allSatisfy { (0x20...0x7E).contains($0) }, "not printable: \(bytes)")
        promise(PercentEncoding.decode(encoded) == text, "percent encoding loses \(bytes)")
    }

    private static func timeout(_ bytes: [UInt8]) {
        let parsed = bytes.withUnsafeBufferPointer { CallTimeout.parse($0) }
        let digits = bytes.dropLast()
        let isOne =
            (1...8).contains(digits.count)
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && bytes.last.map { "HMSmun".utf8.contains($0) } == true
        promise((parsed != nil) == isOne, "a timeout: \(isOne) expected of \(bytes)")
        if let parsed { promise((0...CallTimeout.longest).contains(parsed), "\(parsed) ns") }
    }

    /// What we send must be read as no less, and as no more than a unit's rounding makes it.
    private static func duration(_ bytes: [UInt8]) {
        var input = bytes.withUnsafeBytes { raw in
            var input = FuzzInput(raw)
            return (Int64(bitPattern: input.word()), Int64(bitPattern: input.word()))
        }
        input.1 %= 1_000_000_000_000_000_000
        let duration = Duration(
            secondsComponent: input.0 >> Int64(bytes.last ?? 0 & 63), attosecondsComponent: input.1)
        let text = Array(CallTimeout.format(duration).utf8)
        guard let parsed = text.withUnsafeBufferPointer({ CallTimeout.parse($0) }) else {
            return promise(false, "our own timeout is refused: \(text)")
        }
        let read = Duration.nanoseconds(parsed)
        promise(
            duration <= read + .nanoseconds(1) || parsed == CallTimeout.longest,
            "\(duration) is sent as \(read)")
        promise(
            read <= max(duration, .zero) * 1.001 + .nanoseconds(1)
                || duration > .seconds(5_000_000_000),
            "\(duration) is sent as \(read)")
    }
}
