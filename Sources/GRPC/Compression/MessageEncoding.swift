// The encodings of messages that `grpc-encoding` may name (grpc `doc/compression.md`).

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// How the messages of one direction may be encoded.
enum MessageEncoding {
    /// No `grpc-encoding`: every message is plain.
    case unnamed
    /// `identity`: every message is plain.
    case identity
    /// `gzip`: a message whose flag is 1 is packed.
    case gzip

    /// What `grpc-accept-encoding` says of us.
    static let accepted = "identity,gzip"

    /// Nil for an encoding that is not known here.
    init?(_ name: UnsafeBufferPointer<UInt8>) {
        if name.elementsEqual("identity".utf8) {
            self = .identity
        } else if name.elementsEqual("gzip".utf8) {
            self = .gzip
        } else {
            return nil
        }
    }
}

/// Whether a peer accepts gzip. Its calls all carry the same list, so that the last one is
/// remembered and only compared.
struct AcceptedEncodings: ~Copyable {
    /// The longest list that is remembered.
    private static let rememberedBytes = 128

    private var list = RawBuffer()
    private var holdsGzip = false

    init() {}

    mutating func acceptsGzip(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        let bytes = UnsafeRawBufferPointer(value)
        guard let base = bytes.baseAddress, bytes.count > 0 else { return false }
        if bytes.count == list.count, let known = list.base, memcmp(base, known, list.count) == 0 {
            return holdsGzip
        }
        let found = Self.holdsGzip(value)
        if bytes.count <= Self.rememberedBytes {
            list.recycle()
            list.append(bytes)
            holdsGzip = found
        }
        return found
    }

    /// Whether one of the parts between the commas is `gzip`, without the blanks around it.
    private static func holdsGzip(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        var start = 0
        while start <= value.count {
            let rest = value[start...]
            let end = rest.firstIndex(of: UInt8(ascii: ",")) ?? value.count
            let part = UnsafeBufferPointer(rebasing: value[start..<end])
            if part.trimmed.elementsEqual("gzip".utf8) { return true }
            start = end + 1
        }
        return false
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Without the blanks and tabs at either end.
    var trimmed: UnsafeBufferPointer<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        var (start, end) = (0, count)
        while start < end, isBlank(self[start]) { start += 1 }
        while end > start, isBlank(self[end - 1]) { end -= 1 }
        return UnsafeBufferPointer(rebasing: self[start..<end])
    }
}
