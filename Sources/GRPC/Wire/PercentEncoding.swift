// The `grpc-message` encoding: UTF-8, every byte outside 0x20-0x7E and `%` as `%XX`
// (grpc `doc/PROTOCOL-HTTP2.md`, "Responses").

enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// Blanks at the edges are encoded too: no HTTP/2 field may begin or end with one
    /// (RFC 9113 section 8.2.1), and every decoder takes them so.
    static func encode(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        let last = text.utf8.count - 1
        out.reserveCapacity(text.utf8.count)
        for (index, byte) in text.utf8.enumerated() {
            let isEdge = byte == 0x20 && (index == 0 || index == last)
            if byte >= 0x20, byte <= 0x7E, byte != UInt8(ascii: "%"), !isEdge {
                out.append(byte)
            } else {
                out.append(UInt8(ascii: "%"))
                out.append(digits[Int(byte >> 4)])
                out.append(digits[Int(byte & 15)])
            }
        }
        return out
    }

    /// Decodes what it can: a `%` that no two hex digits follow stays as it is, as the
    /// specification asks of clients.
    static func decode(_ bytes: some Collection<UInt8>) -> String {
        var out: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let high = hexValue(rest[rest.startIndex]),
                let low = hexValue(rest[rest.index(after: rest.startIndex)])
            {
                out.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
