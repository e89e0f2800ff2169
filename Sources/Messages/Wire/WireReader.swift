// Owns the wire format of protobuf as such: tags, varints, lengths; no memory, any thread.

/// Why bytes are not fields.
package enum WireFault: Error {
    case cutShort
    case overlongVarint
    case invalidFieldNumber
    case unknownWireType

    /// What is wrong, to follow the name of what it is wrong with.
    package var reason: String {
        switch self {
        case .cutShort: "is cut short"
        case .overlongVarint: "holds a number that is too long"
        case .invalidFieldNumber: "holds a field number that is not allowed"
        case .unknownWireType: "holds a wire type that is not known"
        }
    }
}

/// How a field's value is written.
package enum WireType: UInt8 {
    case varint = 0
    case fixed64 = 1
    case lengthDelimited = 2
    case fixed32 = 5
}

/// Reads fields from front to back, and checks every length against what is left.
///
/// Source: the protobuf encoding; limits as protobuf-c has them, so that what passes here it takes.
package struct WireReader {
    /// A field as it stands in the bytes.
    package struct Field {
        /// Its number.
        package var number: UInt32
        /// How it is written.
        package var type: WireType
        /// A varint's value; 0 for the others.
        package var value: UInt64
        /// What follows the tag, without the length.
        package var payload: UnsafeRawBufferPointer
    }

    private static let maximumVarintBytes = 10
    private static let maximumTagBytes = 5

    private let bytes: UnsafeRawBufferPointer
    /// How many bytes were read.
    private(set) var offset = 0

    /// A reader of these bytes, which must outlive it and the fields it gives.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field; nil at the end. Throws what is wrong with the bytes.
    package mutating func next() throws(WireFault) -> Field? {
        guard offset < bytes.count else { return nil }
        let tag = try varint(maximumBytes: Self.maximumTagBytes)
        guard let number = UInt32(exactly: tag >> 3), (1..<(1 << 29)).contains(number) else {
            throw .invalidFieldNumber
        }
        guard let type = WireType(rawValue: UInt8(tag & 7)) else { throw .unknownWireType }
        switch type {
        case .varint:
            let start = offset
            let value = try varint(maximumBytes: Self.maximumVarintBytes)
            let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
            return Field(number: number, type: type, value: value, payload: payload)
        case .fixed64:
            return Field(number: number, type: type, value: 0, payload: try take(8))
        case .fixed32:
            return Field(number: number, type: type, value: 0, payload: try take(4))
        case .lengthDelimited:
            let length = try varint(maximumBytes: Self.maximumTagBytes)
            return Field(number: number, type: type, value: 0, payload: try take(length))
        }
    }

    /// The next varint; `overlongVarint` when it does not end in time or exceeds 64 bits.
    mutating func varint(maximumBytes: Int = maximumVarintBytes) throws(WireFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for _ in 0..<maximumBytes {
            guard offset < bytes.count else { throw .cutShort }
            let byte = bytes[offset]
            offset += 1
            let part = UInt64(byte & 0x7F)
            guard shift < 63 || part <= 1 else { throw .overlongVarint }
            value |= part << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .overlongVarint
    }

    private mutating func take(_ count: UInt64) throws(WireFault) -> UnsafeRawBufferPointer {
        guard count <= UInt64(bytes.count - offset) else { throw .cutShort }
        let end = offset + Int(count)
        defer { offset = end }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<end])
    }
}
