// Owns the walk over raw bytes that comes before protobuf-c may see them; any thread.

internal import CProtobufC

/// Refuses what protobuf-c would crash on, take for something else, or spend too much memory on.
///
/// protobuf-c 1.4 ends strings at the first NUL, does not check UTF-8, recurses without bound, and
/// fails to merge a message field that comes twice.
struct WireCheck {
    /// How deep messages may lie in each other; the outermost is 1.
    static let maximumDepth = 16
    /// How many fields there may be in all, elements of repeated ones counted each. With what
    /// protobuf-c takes per field this stays near the arena's limit, without doing the work.
    static let maximumFields = 200_000

    private let depthLimit: Int
    private var remainingFields = maximumFields

    /// Throws when `bytes` are not a message as `layout` describes it.
    static func check(
        _ bytes: UnsafeRawBufferPointer, against layout: UnsafePointer<ProtobufCMessageDescriptor>,
        depthLimit: Int = maximumDepth
    ) throws(MessageError) {
        var check = WireCheck(depthLimit: depthLimit)
        try check.walk(bytes, layout: layout, depth: 1)
    }

    private init(depthLimit: Int) {
        self.depthLimit = depthLimit
    }

    private mutating func walk(
        _ bytes: UnsafeRawBufferPointer, layout: UnsafePointer<ProtobufCMessageDescriptor>,
        depth: Int
    ) throws(MessageError) {
        guard depth <= depthLimit else {
            throw MessageError(.malformed, "is nested too deeply")
        }
        var reader = WireReader(bytes)
        // One bit for each message field seen; none of the contract's messages has 64 fields.
        var seen: UInt64 = 0
        while true {
            let start = reader.offset
            let field: WireReader.Field
            do {
                guard let next = try reader.next() else { return }
                field = next
            } catch {
                throw MessageError(.malformed, error.reason)
            }
            try spend(1)
            guard let index = layout.pointee.index(ofField: field.number) else { continue }
            let description = layout.pointee.fields + index
            do {
                try judge(field, description, index: index, seen: &seen, depth: depth)
            } catch {
                throw error.inside(path(of: description, in: bytes, at: start))
            }
        }
    }

    /// Throws when a known field's value is not what its type allows.
    private mutating func judge(
        _ field: WireReader.Field, _ description: UnsafePointer<ProtobufCFieldDescriptor>,
        index: Int, seen: inout UInt64, depth: Int
    ) throws(MessageError) {
        let type = description.pointee.type
        guard field.type == type.wireType else {
            guard description.pointee.label == PROTOBUF_C_LABEL_REPEATED else {
                throw MessageError(.malformed, "has another wire type")
            }
            return try judgePacked(field, type)
        }
        switch type {
        case PROTOBUF_C_TYPE_STRING:
            switch field.payload.textFault() {
            case nil: return
            case .notUTF8: throw MessageError(.invalidField, "must be UTF-8")
            case .hasNUL: throw MessageError(.invalidField, "must not hold NUL characters")
            }
        case PROTOBUF_C_TYPE_MESSAGE:
            if description.pointee.label != PROTOBUF_C_LABEL_REPEATED {
                let bit: UInt64 = 1 << UInt64(index)
                guard seen & bit == 0 else { throw MessageError(.malformed, "comes twice") }
                seen |= bit
            }
            let layout = description.pointee.descriptor
                .assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
            try walk(field.payload, layout: layout, depth: depth + 1)
        default:
            return
        }
    }

    /// Throws when a payload is not a row of numbers of the type.
    private mutating func judgePacked(
        _ field: WireReader.Field, _ type: ProtobufCType
    ) throws(MessageError) {
        guard field.type == .lengthDelimited else {
            throw MessageError(.malformed, "has another wire type")
        }
        switch type.wireType {
        case .varint:
            var reader = WireReader(field.payload)
            while reader.offset < field.payload.count {
                try spend(1)
                do {
                    _ = try reader.varint()
                } catch {
                    throw MessageError(.malformed, error.reason)
                }
            }
        case .fixed32, .fixed64:
            let size = type.wireType == .fixed32 ? 4 : 8
            guard field.payload.count.isMultiple(of: size) else {
                throw MessageError(.malformed, WireFault.cutShort.reason)
            }
            try spend(field.payload.count / size)
        case .lengthDelimited:
            throw MessageError(.malformed, "has another wire type")
        }
    }

    private mutating func spend(_ fields: Int) throws(MessageError) {
        remainingFields -= fields
        guard remainingFields >= 0 else {
            throw MessageError(.tooLarge, "has more than \(Self.maximumFields) fields")
        }
    }

    /// The name of the field that begins at `offset`, with its index when it is repeated.
    private func path(
        of description: UnsafePointer<ProtobufCFieldDescriptor>,
        in bytes: UnsafeRawBufferPointer, at offset: Int
    ) -> String {
        let name = String(cString: description.pointee.name)
        guard description.pointee.label == PROTOBUF_C_LABEL_REPEATED else { return name }
        // Counted only now: what is right never needs it.
        var reader = WireReader(bytes)
        var index = 0
        while reader.offset < offset, let field = try? reader.next() {
            if field.number == description.pointee.id { index += 1 }
        }
        return "\(name)[\(index)]"
    }
}

extension ProtobufCMessageDescriptor {
    /// The position of the field with this number; nil when there is none.
    fileprivate func index(ofField number: UInt32) -> Int? {
        let count = Int(n_fields)
        // Fields are sorted by number, and most messages number them from 1 without a gap.
        let guess = Int(number) - 1
        if guess < count, fields[guess].id == number { return guess }
        for index in 0..<min(guess, count) where fields[index].id == number {
            return index
        }
        return nil
    }
}

extension ProtobufCType {
    /// How a value of this type is written when it stands alone.
    fileprivate var wireType: WireType {
        switch self {
        case PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_BYTES, PROTOBUF_C_TYPE_MESSAGE:
            .lengthDelimited
        case PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_SFIXED64, PROTOBUF_C_TYPE_DOUBLE: .fixed64
        case PROTOBUF_C_TYPE_FIXED32, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_FLOAT: .fixed32
        default: .varint
        }
    }
}
