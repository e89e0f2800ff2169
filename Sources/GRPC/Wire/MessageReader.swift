// Cuts a stream of bytes into messages; judges each from its five-byte prefix before a byte
// of it is stored (grpc `doc/PROTOCOL-HTTP2.md`, "Length-Prefixed-Message").

/// The incoming half of one stream. Owned by the stream, touched on its event loop only.
struct MessageReader: ~Copyable {
    private var buffer = RawBuffer()
    private var consumed = 0
    /// Where the first prefix lies that was not judged yet: each is judged once.
    private var judged = 0
    /// What the peer's headers say of its messages; set before the first of them.
    var encoding = MessageEncoding.unnamed
    /// Whether the message that `next` gave last is packed.
    private(set) var isCompressed = false
    /// Set by the first violation; everything that comes after it is dropped.
    private(set) var violation: GRPCStatus?

    init() {}

    /// Bytes held, whether of whole messages or of a part of one.
    var bufferedBytes: Int { buffer.count - consumed }

    /// Takes bytes in, as far as their prefix is acceptable.
    mutating func append(_ bytes: UnsafeRawBufferPointer, limit: Int) {
        if violation != nil { return }
        buffer.append(bytes)
        if let status = judge(limit: limit) { refuse(status) }
    }

    /// Drops what is held and everything to come, for this reason.
    mutating func refuse(_ status: GRPCStatus) {
        if violation == nil { violation = status }
        buffer.free()
        consumed = 0
        judged = 0
    }

    /// Whether a second message has begun: one too many where only one is expected.
    var holdsMoreThanOneMessage: Bool {
        guard let length = Self.length(buffer.bytes, at: consumed) else { return false }
        return bufferedBytes > FramedMessage.prefixBytes + length
    }

    /// Whether a whole message is there.
    var hasMessage: Bool {
        guard violation == nil, let length = Self.length(buffer.bytes, at: consumed) else {
            return false
        }
        return bufferedBytes >= FramedMessage.prefixBytes + length
    }

    /// Whether a whole message is there and has to be unpacked.
    var nextIsCompressed: Bool {
        encoding == .gzip && hasMessage && buffer.bytes[consumed] == 1
    }

    /// The next message as it came, valid until the next call on the reader; nil when it is
    /// not all there.
    mutating func next() -> UnsafeRawBufferPointer? {
        guard hasMessage, let length = Self.length(buffer.bytes, at: consumed) else { return nil }
        isCompressed = buffer.bytes[consumed] == 1
        let start = consumed + FramedMessage.prefixBytes
        consumed = start + length
        return UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<start + length])
    }

    /// Gives up the memory of the messages that were read.
    mutating func compact() {
        if consumed == buffer.count {
            buffer.recycle()
        } else if consumed > 0 {
            buffer.removeFirst(consumed)
        }
        judged = max(0, judged - consumed)
        consumed = 0
    }

    /// Empties the reader for another stream.
    mutating func recycle() {
        buffer.recycle()
        consumed = 0
        judged = 0
        violation = nil
        encoding = .unnamed
    }

    /// Empties the reader and gives its memory back: for a stream that will be idle long.
    mutating func releaseMemory() {
        if bufferedBytes == 0 {
            buffer.free()
            consumed = 0
            judged = 0
        }
    }

    private static func length(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int? {
        guard bytes.count - offset >= FramedMessage.prefixBytes else { return nil }
        let raw = bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt32.self)
        return Int(UInt32(bigEndian: raw))
    }

    /// Judges the prefixes that have come since, so that a batch is judged as it comes.
    private mutating func judge(limit: Int) -> GRPCStatus? {
        let bytes = buffer.bytes
        while judged < bytes.count {
            let flag = bytes[judged]
            if flag > 1 {
                return GRPCStatus(.internal, "message flag \(flag) is not 0 or 1")
            }
            if flag == 1, encoding != .gzip {
                return GRPCStatus(.internal, "compressed message without a grpc-encoding for it")
            }
            guard let length = Self.length(bytes, at: judged) else { return nil }
            if length > limit {
                return .refused(
                    .resourceExhausted, reason: "MESSAGE_TOO_LARGE", field: "message",
                    "must have at most \(limit) bytes, and has \(length)")
            }
            judged += FramedMessage.prefixBytes + length
        }
        return nil
    }
}
