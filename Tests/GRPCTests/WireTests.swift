// The small codecs of the wire.

import NIOCore
import Testing

@testable import GRPC

@Suite struct WireTests {
    @Test(
        "a timeout has one to eight digits and a unit",
        arguments: [
            ("1H", 3_600_000_000_000), ("2M", 120_000_000_000), ("3S", 3_000_000_000),
            ("4m", 4_000_000), ("5u", 5_000), ("6n", 6), ("00000000n", 0),
            ("99999999S", 99_999_999_000_000_000), ("99999999H", CallTimeout.longest),
        ])
    func timeout(text: String, nanoseconds: Int64) {
        #expect(parse(text) == nanoseconds)
    }

    @Test(
        "what is not a timeout is refused",
        arguments: ["", "S", "1", "1s", "-1S", "123456789S", " 1S", "1 S", "1.5S", "S1"])
    func badTimeout(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("a formatted timeout is never shorter than what was asked")
    func formatTimeout() {
        for nanoseconds: Int64 in [1, 99_999_999, 100_000_000, 123_456_789_012, 1 << 62] {
            let text = CallTimeout.format(.nanoseconds(nanoseconds))
            #expect((parse(text) ?? 0) >= min(nanoseconds, CallTimeout.longest), "\(text)")
        }
        #expect(CallTimeout.format(.zero) == "0n")
        #expect(CallTimeout.format(.seconds(-1)) == "0n")
    }

    private func parse(_ text: String) -> Int64? {
        Array(text.utf8).withUnsafeBufferPointer { CallTimeout.parse($0) }
    }

    @Test(
        "base64 is written without padding and read with or without",
        arguments: [
            ([], ""), ([0x66], "Zg"), ([0x66, 0x6f], "Zm8"), ([0x66, 0x6f, 0x6f], "Zm9v"),
            ([0xff, 0xfe, 0xfd, 0xfc], "//79/A"),
        ] as [([UInt8], String)])
    func base64(bytes: [UInt8], text: String) {
        #expect(String(decoding: Base64.encode(bytes), as: UTF8.self) == text)
        #expect(Base64.decode(Array(text.utf8)) == bytes)
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        #expect(Base64.decode(Array(padded.utf8)) == bytes)
    }

    @Test("what is not base64 is refused", arguments: ["A", "Zg=", "Zm9v=", "Z g", "Zg==="])
    func badBase64(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test("a message is percent-encoded outside printable ASCII, in upper case")
    func percentEncoding() {
        let encoded = PercentEncoding.encode("a% \u{1}é~\u{7f}")
        #expect(String(decoding: encoded, as: UTF8.self) == "a%25 %01%C3%A9~%7F")
        #expect(PercentEncoding.decode(encoded) == "a% \u{1}é~\u{7f}")
        let edges = PercentEncoding.encode("  a b ")
        #expect(String(decoding: edges, as: UTF8.self) == "%20 a b%20")
        #expect(PercentEncoding.decode(edges) == "  a b ")
        #expect(PercentEncoding.decode(Array("100% %zz %4".utf8)) == "100% %zz %4")
    }

    @Test("binary metadata may hold several values and blanks around them")
    func binaryMetadata() {
        var metadata = Metadata()
        let accepted = metadata.addWire(name: "a-bin", value: Array("Zg, Zm8=".utf8))
        #expect(accepted)
        #expect(metadata.count == 2)
        #expect(metadata.bytes("a-bin") == [0x66])
        let refused = !metadata.addWire(name: "a-bin", value: Array("!".utf8))
        #expect(refused)
    }

    @Test("messages come out whole, however the bytes were cut")
    func reader() {
        let messages: [[UInt8]] = [[], [1], Array(repeating: 2, count: 700), [3, 4]]
        let bytes = messages.flatMap { Array(FramedMessage($0).buffer.readableBytesView) }
        for size in [1, 2, 3, 5, 6, 7, 100, 10_000] {
            var reader = MessageReader()
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                let part = Array(bytes[start..<min(start + size, bytes.count)])
                part.withUnsafeBytes { reader.append($0, limit: 700) }
                while let message = reader.next() { found.append(Array(message)) }
                reader.compact()
            }
            #expect(found == messages)
            #expect(reader.bufferedBytes == 0)
        }
    }

    @Test(
        "a bad prefix is judged before its message is stored",
        arguments: [
            ([2, 0, 0, 0, 0], StatusCode.internal), ([1, 0, 0, 0, 0], .internal),
            ([0, 0xff, 0xff, 0xff, 0xff], .resourceExhausted),
        ] as [([UInt8], StatusCode)])
    func badPrefix(bytes: [UInt8], code: StatusCode) {
        var reader = MessageReader()
        bytes.withUnsafeBytes { reader.append($0, limit: 100) }
        #expect(reader.violation?.code == code)
        bytes.withUnsafeBytes { reader.append($0, limit: 100) }
        #expect(reader.bufferedBytes == 0)
    }

    @Test("a queue drops only what it has not begun to send")
    func dropUnsent() {
        var queue = OutboundQueue(highBytes: 100)
        for byte: UInt8 in 1...3 { queue.append(FramedMessage([byte, byte, byte])) }
        var target = [UInt8](repeating: 0, count: 6)
        let sent = target.withUnsafeMutableBytes { queue.read(into: $0) }
        #expect(sent == 6)
        let dropped = queue.dropUnsent()
        #expect(dropped == 2)
        #expect(queue.byteCount == 2)
        queue.append(FramedMessage([9]))
        var rest = [UInt8](repeating: 0, count: 100)
        let count = rest.withUnsafeMutableBytes { queue.read(into: $0) }
        #expect(Array(rest[..<count]) == [1, 1, 0, 0, 0, 0, 1, 9])
        #expect(queue.isEmpty)
    }
}
