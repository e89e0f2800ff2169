// Owns decoding and encoding: the checks, protobuf-c, and the arena between; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// A message of the contract. Its fields are those of `proto/`, in lowerCamelCase, and what they
/// mean is said there.
///
/// Strings and bytes are borrowed: after `decode` from the arena, until its reset; for `encode`
/// from whoever set them, for as long as it runs.
package protocol WireMessage {
    /// The full name: `cachemanager.v1.GetRequest`.
    static var fullName: String { get }

    /// Reads one message. The input may go away afterwards, the arena's content may not.
    ///
    /// Throws before anything of the message is used: `malformed`, `invalidField` for text that is
    /// not UTF-8 or holds a NUL, `tooLarge` for what the arena does not allow.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, in arena: MessageArena
    ) throws(MessageError) -> Self

    /// Writes the message into memory that `reserve` gives: it is called once, with the exact
    /// number of bytes. The arena holds what is needed in between, until its reset.
    func encode(in arena: MessageArena, reserve: (Int) -> UnsafeMutableRawBufferPointer)
}

extension WireMessage {
    /// The message's bytes as an array of their own.
    package func encoded(in arena: MessageArena) -> [UInt8] {
        encodedView(in: arena).array
    }

    /// The message's bytes, in the arena.
    package func encodedView(in arena: MessageArena) -> ByteView {
        var written = ByteView()
        encode(in: arena) { size in
            let place = arena.allocate(size)
            written = ByteView(UnsafeRawBufferPointer(place))
            return place
        }
        return written
    }

    /// Reads one message from an array.
    package static func decode(
        _ bytes: [UInt8], in arena: MessageArena
    ) throws(MessageError) -> Self {
        // Through a result, for the closure cannot carry a typed error out.
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(MessageError) in try decode(buffer, in: arena) }
        }
        return try result.get()
    }
}

/// A message that protobuf-c packs and unpacks as the C struct `CMessage`.
protocol BridgedMessage: WireMessage {
    associatedtype CMessage

    /// The C struct's description, static memory of the generated code.
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> { get }

    init(_ c: UnsafePointer<CMessage>)

    /// Sets the fields of a struct that is zero but for its layout.
    func fill(_ c: inout CMessage, in arena: MessageArena)
}

extension BridgedMessage {
    /// As the contract has it.
    package static var fullName: String { String(cString: layout.pointee.name) }

    /// Checks, then unpacks into the arena.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, in arena: MessageArena
    ) throws(MessageError) -> Self {
        try WireCheck.check(bytes, against: layout)
        let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard
            let message = protobuf_c_message_unpack(
                layout, arena.allocator, bytes.count, data)
        else {
            throw arena.wasDenied
                ? MessageError(.tooLarge, "takes more memory than a message may")
                : MessageError(.malformed, "cannot be parsed")
        }
        // The struct was made by `layout`, which describes `CMessage`.
        return Self(UnsafeRawPointer(message).assumingMemoryBound(to: CMessage.self))
    }

    /// Measures once, then packs.
    package func encode(in arena: MessageArena, reserve: (Int) -> UnsafeMutableRawBufferPointer) {
        let message = UnsafeRawPointer(arena.make(self))
            .assumingMemoryBound(to: ProtobufCMessage.self)
        let size = protobuf_c_message_get_packed_size(message)
        let place = reserve(size)
        precondition(place.count >= size, "reserve gave less than asked")
        guard size > 0 else { return }
        protobuf_c_message_pack(message, place.baseAddress!.assumingMemoryBound(to: UInt8.self))
    }
}
