// A message of a server between its stream and whoever reads it; a value.

/// What is packed stays packed until it is read: an unread stream holds what came over the wire.
enum IncomingMessage: Sendable {
    case plain([UInt8])
    /// gzip, and how many bytes it may be unpacked to.
    case packed([UInt8], limitBytes: Int)

    /// What it takes until it is read.
    var byteCount: Int {
        switch self {
        case .plain(let bytes), .packed(let bytes, _): bytes.count
        }
    }

    /// The message itself. Throws INTERNAL for what is not one gzip member, RESOURCE_EXHAUSTED
    /// for more than the limit.
    func unpacked() throws(GRPCStatus) -> [UInt8] {
        switch self {
        case .plain(let bytes): return bytes
        case .packed(let bytes, let limit):
            // A state of its own: it runs on the reader's thread, not on a loop.
            let codec = GzipCodec()
            let result = bytes.withUnsafeBytes { packed in
                Result { () throws(GRPCStatus) in
                    try codec.withInflated(packed, limit: limit) { Array($0) }
                }
            }
            return try result.get()
        }
    }
}
