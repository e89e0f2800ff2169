// Header fields made for one call; plain values.

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
