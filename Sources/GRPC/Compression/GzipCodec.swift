// Compression of messages, with one state each way for all the calls of a loop (server) or of
// a connection (client); touched on its event loop only.

/// Makes its states when they are needed first: most servers never need them.
final class GzipCodec {
    private lazy var inflater = Inflater()
    private lazy var deflater = Deflater()
    /// Whether an inflated message is being looked at: there is room for one.
    private(set) var isInUse = false
    private var workBytes = 0

    /// Plain bytes that were made or packed since the last time this was called.
    func takeWork() -> Int {
        defer { workBytes = 0 }
        return workBytes
    }

    /// Calls `body` with the plain message, valid until it returns. Throws INTERNAL for what
    /// is not one gzip member, RESOURCE_EXHAUSTED for more than `limit` bytes.
    func withInflated<Result>(
        _ message: UnsafeRawBufferPointer, limit: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(GRPCStatus) -> Result {
        precondition(!isInUse, "one message at a time")
        isInUse = true
        defer {
            workBytes += inflater.producedBytes
            inflater.release()
            isInUse = false
        }
        do throws(InflateFault) {
            return body(try inflater.inflate(message, limit: limit))
        } catch {
            throw Self.status(error, limit: limit)
        }
    }

    /// Calls `body` with the packed message, or with nil where that would not be smaller.
    func withDeflated<Result>(
        _ message: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        workBytes += message.count
        return deflater.deflate(message, body)
    }

    private static func status(_ fault: InflateFault, limit: Int) -> GRPCStatus {
        switch fault {
        case .corrupt: GRPCStatus(.internal, "the compressed message is not gzip")
        case .cutShort: GRPCStatus(.internal, "the compressed message is cut short")
        case .trailingBytes: GRPCStatus(.internal, "the compressed message has bytes to spare")
        case .outOfMemory:
            GRPCStatus(.resourceExhausted, "no memory is left to decompress the message")
        case .tooLarge:
            .refused(
                .resourceExhausted, reason: "MESSAGE_TOO_LARGE", field: "message",
                "must have at most \(limit) bytes, and has more once decompressed")
        }
    }
}
