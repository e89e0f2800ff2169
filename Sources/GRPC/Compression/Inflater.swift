// Unpacks gzip with zlib (RFC 1952), one message at a time; touched on its event loop only.

import CZlib

/// Why bytes are not one whole gzip member of an acceptable size.
enum InflateFault: Error {
    case corrupt
    case cutShort
    case trailingBytes
    case tooLarge
    case outOfMemory
}

/// One zlib state, used again for each message.
final class Inflater {
    /// The window of deflate, and 16 for "gzip only".
    static let windowBits: Int32 = 15 + 16
    /// What is reserved before the first byte is out.
    private static let firstBytes = 4 << 10

    private let stream: UnsafeMutablePointer<z_stream>
    private var output = ScratchMemory()
    /// How many bytes the last message gave, up to where it failed if it did.
    private(set) var producedBytes = 0

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = czlib_inflate_init(stream, Self.windowBits)
        // Out of memory is the only way for it to fail.
        precondition(code == Z_OK, "inflateInit2: \(code)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// The message, valid until `release`. Memory grows with the bytes that come out, to at
    /// most one more than `limit`.
    func inflate(
        _ input: UnsafeRawBufferPointer, limit: Int
    ) throws(InflateFault) -> UnsafeRawBufferPointer {
        begin(input)
        while true {
            if producedBytes == min(output.capacity, limit + 1) {
                if producedBytes > limit { throw .tooLarge }
                let wanted = max(Self.firstBytes, output.capacity * 2)
                output.reserve(min(wanted, limit + 1), keeping: producedBytes)
            }
            if try step(upTo: min(output.capacity, limit + 1)) { break }
        }
        if producedBytes > limit { throw .tooLarge }
        if stream.pointee.avail_in > 0 { throw .trailingBytes }
        return UnsafeRawBufferPointer(start: output.base, count: producedBytes)
    }

    /// The message is not used any more.
    func release() {
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        output.trim()
    }

    private func begin(_ input: UnsafeRawBufferPointer) {
        let code = inflateReset(stream)
        precondition(code == Z_OK, "inflateReset: \(code)")
        producedBytes = 0
        // zlib's struct is not const-correct: it never writes through this.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
    }

    /// Unpacks until the room is full or the input is used up. True: that was the end.
    private func step(upTo room: Int) throws(InflateFault) -> Bool {
        stream.pointee.next_out = output.base.map {
            ($0 + producedBytes).assumingMemoryBound(to: UInt8.self)
        }
        stream.pointee.avail_out = UInt32(room - producedBytes)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        producedBytes = room - Int(stream.pointee.avail_out)
        switch code {
        case Z_STREAM_END: return true
        case Z_OK:
            if stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 { throw .cutShort }
            return false
        case Z_BUF_ERROR: throw .cutShort  // there was room, so it is the input that is missing
        case Z_DATA_ERROR: throw .corrupt
        case Z_NEED_DICT: throw .corrupt  // gzip knows no dictionaries
        case Z_MEM_ERROR: throw .outOfMemory  // the window is made with the first message
        default: preconditionFailure("inflate: \(code)")  // Z_STREAM_ERROR: our own mistake
        }
    }
}
