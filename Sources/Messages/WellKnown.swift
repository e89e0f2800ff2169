// Owns the well-known types: moments, spans, and messages in messages; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `google.protobuf.Timestamp`: a moment, as the wire has it and not yet judged.
package struct ProtoTimestamp: Hashable, Sendable {
    /// Seconds since the Unix epoch.
    package var seconds: Int64
    /// Nanoseconds on top, 0 to 999,999,999 when it is right.
    package var nanos: Int32

    /// The moment so many seconds and nanoseconds after the Unix epoch.
    package init(seconds: Int64 = 0, nanos: Int32 = 0) {
        self.seconds = seconds
        self.nanos = nanos
    }
}

/// `google.protobuf.Duration`: a span, as the wire has it and not yet judged.
package struct ProtoDuration: Hashable, Sendable {
    /// Whole seconds, of either sign.
    package var seconds: Int64
    /// Nanoseconds on top, of the same sign as `seconds` when it is right.
    package var nanos: Int32

    /// The span of so many seconds and nanoseconds.
    package init(seconds: Int64 = 0, nanos: Int32 = 0) {
        self.seconds = seconds
        self.nanos = nanos
    }
}

/// `google.protobuf.Any`: a message of whatever type, with the type's name.
package struct AnyMessage: Equatable {
    private static let prefix = "type.googleapis.com/"

    /// The type's full name after a `/`: `type.googleapis.com/google.rpc.ErrorInfo`.
    package var typeURL = ByteView()
    /// The message, encoded.
    package var value = ByteView()

    /// Nothing of no type.
    package init() {}

    /// A message packed into the arena.
    package init(packing message: some WireMessage, in arena: MessageArena) {
        typeURL = arena.copy(Self.prefix + type(of: message).fullName)
        value = message.encodedView(in: arena)
    }

    /// The message inside; nil when it is of another type. Throws as `decode` does.
    package func unpacked<Message: WireMessage>(
        as type: Message.Type, in arena: MessageArena
    ) throws(MessageError) -> Message? {
        guard typeURL.string.split(separator: "/").last.map(String.init) == type.fullName else {
            return nil
        }
        return try type.decode(value.bytes, in: arena)
    }
}

extension ProtoTimestamp: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__protobuf__timestamp__layout()
    }

    init(_ c: UnsafePointer<Google__Protobuf__Timestamp>) {
        self.init(seconds: c.pointee.seconds, nanos: c.pointee.nanos)
    }

    func fill(_ c: inout Google__Protobuf__Timestamp, in arena: MessageArena) {
        c.seconds = seconds
        c.nanos = nanos
    }
}

extension ProtoDuration: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__protobuf__duration__layout()
    }

    init(_ c: UnsafePointer<Google__Protobuf__Duration>) {
        self.init(seconds: c.pointee.seconds, nanos: c.pointee.nanos)
    }

    func fill(_ c: inout Google__Protobuf__Duration, in arena: MessageArena) {
        c.seconds = seconds
        c.nanos = nanos
    }
}

extension AnyMessage: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__protobuf__any__layout()
    }

    init(_ c: UnsafePointer<Google__Protobuf__Any>) {
        typeURL = ByteView(c.pointee.type_url)
        value = ByteView(c.pointee.value)
    }

    func fill(_ c: inout Google__Protobuf__Any, in arena: MessageArena) {
        c.type_url = arena.text(typeURL)
        c.value = arena.binary(value)
    }
}
