// Header fields in nghttp2's form: fixed ones are made once and indexed by HPACK, the
// others are copied by nghttp2 when they are submitted.

import CNghttp2

enum HeaderBlock {
    /// What never changes: `:status 200` and the content type.
    static let responseHeaders = FixedHeaders([
        (":status", "200"), ("content-type", "application/grpc"),
    ])

    /// The same, where messages may be packed.
    static let gzipResponseHeaders = FixedHeaders([
        (":status", "200"), ("content-type", "application/grpc"), ("grpc-encoding", "gzip"),
    ])

    /// The trailer of every call that went well.
    static let okTrailers = FixedHeaders([("grpc-status", "0")])

    /// A field whose bytes must stay valid during the submit call only.
    static func field(
        _ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>, indexed: Bool
    ) -> nghttp2_nv {
        let flags = indexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX
        // nghttp2's struct is not const-correct: it never writes through these.
        return nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name.baseAddress),
            value: UnsafeMutablePointer(mutating: value.baseAddress),
            namelen: name.count, valuelen: value.count, flags: UInt8(flags.rawValue))
    }

    /// Calls `body` with the fields in nghttp2's form.
    static func withFields<Result>(
        _ fields: [HeaderField], _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Result
    ) -> Result {
        var bytes: [UInt8] = []
        for field in fields {
            bytes.append(contentsOf: field.name.utf8)
            bytes.append(contentsOf: field.value)
        }
        return bytes.withUnsafeBufferPointer { all in
            var offset = 0
            func take(_ count: Int) -> UnsafeBufferPointer<UInt8> {
                defer { offset += count }
                return UnsafeBufferPointer(rebasing: all[offset..<offset + count])
            }
            let block = fields.map { field in
                let name = take(field.name.utf8.count)
                return self.field(name, take(field.value.count), indexed: field.indexed)
            }
            return block.withUnsafeBufferPointer { body($0.baseAddress, $0.count) }
        }
    }
}
