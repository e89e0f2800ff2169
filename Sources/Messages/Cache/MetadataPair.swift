// Owns the pairs of `map<string, string>` fields; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// One pair of a `map<string, string>`. A list of them is as the wire has it: when a name comes
/// twice, the last one counts.
package struct MetadataPair: Equatable {
    /// The pair's key.
    package var name: ByteView
    /// What the name stands for.
    package var value: ByteView

    /// A name and its value.
    package init(name: ByteView, value: ByteView) {
        self.name = name
        self.value = value
    }
}

/// What protoc-c makes of an entry of a `map<string, string>`.
protocol CTextPair {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> { get }
    // As C's pointers are imported; an ordinary optional would not be met.
    // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
    var key: UnsafeMutablePointer<CChar>! { get set }
    // swift-format-ignore: NeverUseImplicitlyUnwrappedOptionals
    var value: UnsafeMutablePointer<CChar>! { get set }
}

extension Cachemanager__V1__GetResponse__MetadataEntry: CTextPair {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__get_response__metadata_entry__layout()
    }
}

extension Cachemanager__V1__SetRequest__MetadataEntry: CTextPair {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__set_request__metadata_entry__layout()
    }
}

extension Google__Rpc__ErrorInfo__MetadataEntry: CTextPair {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        google__rpc__error_info__metadata_entry__layout()
    }
}

extension MetadataPair {
    init(_ entry: UnsafeMutablePointer<some CTextPair>) {
        name = ByteView(entry.pointee.key)
        value = ByteView(entry.pointee.value)
    }

    /// The C entry in the arena.
    func entry<CEntry: CTextPair>(in arena: MessageArena) -> UnsafeMutablePointer<CEntry> {
        let entry = arena.zeroed(CEntry.self, layout: CEntry.layout)
        entry.pointee.key = arena.text(name)
        entry.pointee.value = arena.text(value)
        return entry
    }
}
