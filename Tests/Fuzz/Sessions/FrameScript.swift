// Owns how a hostile peer's frames are made of an input: well-formed ones, and others.

/// Writes frames of HTTP/2 (RFC 9113 section 4.1) as the input asks for them.
struct FrameScript {
    /// What has been written and not been sent yet.
    private(set) var bytes: [UInt8] = []
    private var nextStream: UInt32

    /// A client's script, whose streams are odd, or a server's.
    init(isClient: Bool) { nextStream = isClient ? 1 : 2 }

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }

    mutating func append(_ more: [UInt8]) { bytes += more }

    mutating func frame(type: UInt8, flags: UInt8, stream: UInt32, _ payload: [UInt8]) {
        let length = payload.count
        bytes += [UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
        bytes += [type, flags] + Self.number(stream) + payload
    }

    static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    /// A header block whose fields are all literals, none of them indexed (RFC 7541 section 6.2.2).
    static func block(_ fields: [(String, [UInt8])]) -> [UInt8] {
        fields.flatMap { name, value in
            let value = value.prefix(126)
            return [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.count)] + value
        }
    }

    /// One frame of the input's choice.
    mutating func anything(_ input: inout FuzzInput) {
        let type = input.number(below: 12)
        let flags = input.byte()
        let stream = UInt32(input.number(below: 16))
        frame(type: UInt8(type), flags: flags, stream: stream, input.run())
    }

    /// A frame that is right by itself, and perhaps not where it stands.
    mutating func wellFormed(_ input: inout FuzzInput) {
        let stream = UInt32(input.number(below: 16))
        let wide = input.word() >> 32
        let number = Self.number(UInt32(wide >> UInt64(input.byte() & 31)))
        switch input.number(below: 7) {
        case 0: frame(type: 3, flags: 0, stream: stream, number)
        case 1: frame(type: 8, flags: 0, stream: stream, number)
        case 2:
            frame(type: 4, flags: 0, stream: 0, [0, UInt8(input.number(below: 10))] + number)
        case 3: frame(type: 4, flags: 1, stream: 0, [])
        case 4: frame(type: 6, flags: input.byte() & 1, stream: 0, input.bytes(8))
        case 5: frame(type: 7, flags: 0, stream: 0, number + Self.number(0))
        default: frame(type: 2, flags: 0, stream: stream, number + [7])
        }
    }

    /// A message, or a part of one, in a DATA frame.
    mutating func message(_ input: inout FuzzInput) {
        let stream = UInt32(input.number(below: 16))
        let flags = input.byte() & 9
        let length = input.number(below: 64) * (input.bit() ? 40 : 1)
        let framed = [0] + Self.number(UInt32(length)) + [UInt8](repeating: 7, count: length)
        let cut = input.number(below: 4) == 0 ? input.number(below: framed.count + 1) : framed.count
        let pad: [UInt8] = flags & 8 == 0 ? [] : [0]
        frame(type: 0, flags: flags, stream: stream, pad + framed.prefix(cut))
    }

    /// A header block; a new stream for it unless the input names one.
    mutating func headers(_ block: [UInt8], _ input: inout FuzzInput) {
        let choice = input.byte()
        var stream = UInt32(choice >> 4)
        if choice & 2 == 0 {
            stream = nextStream
            nextStream += 2
        }
        if choice & 4 == 0 {
            frame(type: 1, flags: 4 | (choice & 1), stream: stream, block)
        } else {
            let cut = min(block.count, input.number(below: 64))
            frame(type: 1, flags: choice & 1, stream: stream, Array(block.prefix(cut)))
            frame(type: 9, flags: 4, stream: stream, Array(block.dropFirst(cut)))
        }
    }
}
