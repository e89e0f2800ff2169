// Packs messages as gzip with zlib (RFC 1952); touched on its event loop only.

import CZlib

/// One zlib state, used again for each message.
final class Deflater {
    /// zlib's fastest: an answer from memory must not wait for the last few percent.
    private static let level = Z_BEST_SPEED
    /// zlib's default: about 256 KiB of state.
    private static let memoryLevel: Int32 = 8

    private let stream: UnsafeMutablePointer<z_stream>
    private var output = ScratchMemory()

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = czlib_deflate_init(
            stream, Self.level, Inflater.windowBits, Self.memoryLevel)
        // Out of memory is the only way for it to fail.
        precondition(code == Z_OK, "deflateInit2: \(code)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Calls `body` with the packed message if it is smaller than the plain one, else with
    /// nil. The room is one byte less than that, so that zlib itself says when to give up.
    func deflate<Result>(
        _ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        guard input.count > 1 else { return body(nil) }
        let room = input.count - 1
        output.reserve(room, keeping: 0)
        defer { output.trim() }
        let reset = deflateReset(stream)
        precondition(reset == Z_OK, "deflateReset: \(reset)")
        // zlib's struct is not const-correct: it never writes through this.
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.base?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(room)
        let code = CZlib.deflate(stream, Z_FINISH)
        let count = room - Int(stream.pointee.avail_out)
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        switch code {
        case Z_STREAM_END: return body(UnsafeRawBufferPointer(start: output.base, count: count))
        case Z_OK, Z_BUF_ERROR: return body(nil)  // the room was not enough
        default: preconditionFailure("deflate: \(code)")  // Z_STREAM_ERROR: our own mistake
        }
    }
}
