// Finds the heads of a peer's frames in its bytes, before nghttp2 reads them; event loop only.

import CNghttp2

/// The head of a frame (RFC 9113 section 4.1).
struct FrameHead: Equatable {
    let length: Int
    let type: UInt8
    let flags: UInt8
    let stream: Int32

    /// Whether it is HEADERS or DATA with END_STREAM.
    var endsStream: Bool {
        type <= UInt8(NGHTTP2_HEADERS.rawValue)
            && flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    }

    init(length: Int, type: UInt8, flags: UInt8, stream: Int32) {
        self.length = length
        self.type = type
        self.flags = flags
        self.stream = stream
    }

    /// From the five bytes before the stream's number, and that number with its reserved bit.
    fileprivate init(front: UInt64, stream: UInt32) {
        length = Int(front >> 16)
        type = UInt8(truncatingIfNeeded: front >> 8)
        flags = UInt8(truncatingIfNeeded: front)
        self.stream = Int32(stream & 0x7FFF_FFFF)
    }
}

/// nghttp2 says nothing of the frames that it ignores, DATA of closed streams above all. Whoever
/// counts and judges what a peer sends has to see them as well.
struct FrameScanner {
    private static let prefaceBytes = 24
    private static let headBytes = 9
    /// What comes of a head before its stream.
    private static let frontBytes = 5

    /// What is to be passed over: the preface, and then the payload of each frame.
    private var rest = FrameScanner.prefaceBytes
    /// A head of which the last bytes are missing, and how many there are.
    private var front: UInt64 = 0
    private var stream: UInt32 = 0
    private var count = 0

    /// Calls `isAllowed` for each head that is complete with these bytes, and returns how many
    /// of them may be read: all of them, or those before the first frame that is not allowed.
    mutating func scan(
        _ bytes: UnsafeRawBufferPointer, _ isAllowed: (FrameHead) -> Bool
    ) -> Int {
        var offset = 0
        while true {
            let passed = min(rest, bytes.count - offset)
            rest -= passed
            offset += passed
            if offset == bytes.count { return offset }
            let start = offset
            guard let head = readHead(bytes, &offset) else { return offset }
            if !isAllowed(head) { return start }
            rest = head.length
        }
    }

    private mutating func readHead(
        _ bytes: UnsafeRawBufferPointer, _ offset: inout Int
    ) -> FrameHead? {
        if count == 0, bytes.count - offset >= Self.headBytes {
            let front = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let stream = bytes.loadUnaligned(
                fromByteOffset: offset + Self.frontBytes, as: UInt32.self)
            offset += Self.headBytes
            return FrameHead(front: front.bigEndian >> 24, stream: stream.bigEndian)
        }
        while offset < bytes.count, count < Self.headBytes {
            if count < Self.frontBytes {
                front = front << 8 | UInt64(bytes[offset])
            } else {
                stream = stream << 8 | UInt32(bytes[offset])
            }
            count += 1
            offset += 1
        }
        guard count == Self.headBytes else { return nil }
        defer { (front, stream, count) = (0, 0, 0) }
        return FrameHead(front: front, stream: stream)
    }
}
