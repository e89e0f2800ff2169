// Header fields in nghttp2's form: fixed ones are made once and indexed by HPACK, the
// others are copied by nghttp2 when they are submitted.

import CNghttp2

enum HeaderBlock {
    /// What never changes: `:status 200` and the content type.
    static let responseHeaders = FixedHeaders([
        (":status", "200"), ("content-type", "application/grpc"),
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

/// A header field that is not known beforehand.
struct HeaderField {
    let name: String
    let value: [UInt8]
    /// Whether HPACK may keep it: false for what hardly ever comes twice.
    let indexed: Bool

    init(_ name: String, _ value: [UInt8], indexed: Bool = true) {
        self.name = name
        self.value = value
        self.indexed = indexed
    }

    init(_ name: String, _ value: String, indexed: Bool = true) {
        self.init(name, Array(value.utf8), indexed: indexed)
    }

    /// The trailers (or, without a message, the only headers) that end a call.
    static func trailers(_ status: GRPCStatus, metadata: Metadata = .init()) -> [HeaderField] {
        var fields = [HeaderField("grpc-status", String(status.code.rawValue))]
        if !status.message.isEmpty {
            fields.append(
                HeaderField(
                    "grpc-message", PercentEncoding.encode(status.message), indexed: false))
        }
        if !status.details.isEmpty {
            fields.append(
                HeaderField(
                    "grpc-status-details-bin", Base64.encode(status.details), indexed: false))
        }
        fields.append(contentsOf: self.fields(metadata))
        return fields
    }

    static func fields(_ metadata: Metadata) -> [HeaderField] {
        metadata.pairs.map {
            HeaderField($0.name, Metadata.wireValue(name: $0.name, value: $0.value), indexed: false)
        }
    }
}

/// Fields that live as long as the process, so that nghttp2 need not copy them.
struct FixedHeaders: @unchecked Sendable {  // written once, before anyone reads it
    let fields: UnsafeMutablePointer<nghttp2_nv>
    let count: Int

    init(_ pairs: [(StaticString, StaticString)]) {
        fields = .allocate(capacity: pairs.count)
        count = pairs.count
        let flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
        for (index, (name, value)) in pairs.enumerated() {
            (fields + index).initialize(
                to: nghttp2_nv(
                    name: UnsafeMutablePointer(mutating: name.utf8Start),
                    value: UnsafeMutablePointer(mutating: value.utf8Start),
                    namelen: name.utf8CodeUnitCount, valuelen: value.utf8CodeUnitCount,
                    flags: UInt8(flags)))
        }
    }
}
