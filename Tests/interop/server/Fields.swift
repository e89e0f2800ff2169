// Protobuf fields, read by the project's own reader and written by hand; values.

import GRPC
import Messages

extension WireReader.Field {
    /// The value of an int32, which protobuf writes as a sign-extended varint.
    var int32: Int { Int(Int32(truncatingIfNeeded: value)) }
}

enum FieldReader {
    /// All fields of a message. Throws INTERNAL for what is none.
    static func fields(_ bytes: UnsafeRawBufferPointer) throws(GRPCStatus) -> [WireReader.Field] {
        var reader = WireReader(bytes)
        var fields: [WireReader.Field] = []
        do throws(WireFault) {
            while let field = try reader.next() { fields.append(field) }
        } catch {
            throw GRPCStatus(.internal, "the message \(error.reason)")
        }
        return fields
    }

    /// The value of a BoolValue.
    static func boolValue(_ field: WireReader.Field) throws(GRPCStatus) -> Bool {
        try fields(field.payload).last { $0.number == 1 }.map { $0.value != 0 } ?? false
    }

    /// What an EchoStatus asks to be answered with; nil for OK.
    static func status(_ field: WireReader.Field) throws(GRPCStatus) -> GRPCStatus? {
        var status = GRPCStatus(.ok)
        for part in try fields(field.payload) {
            if part.number == 1 { status.code = StatusCode(rawValue: part.int32) ?? .unknown }
            if part.number == 2 { status.message = String(decoding: part.payload, as: UTF8.self) }
        }
        return status.code == .ok ? nil : status
    }
}

/// Writes one message.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ number: UInt8, varint value: UInt64) {
        put(UInt64(number) << 3)
        put(value)
    }

    mutating func write(_ number: UInt8, bytes value: [UInt8]) {
        put(UInt64(number) << 3 | 2)
        put(UInt64(value.count))
        bytes += value
    }

    private mutating func put(_ varint: UInt64) {
        var rest = varint
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}
