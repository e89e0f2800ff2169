// Owns how Swift values become the C structs that protobuf-c packs; on the arena's thread.

internal import CProtobufC

/// A C array of pointers, as protobuf-c has repeated fields.
typealias CList<Element> = UnsafeMutablePointer<UnsafeMutablePointer<Element>?>

extension MessageArena {
    /// The C struct of a message and of everything in it.
    func make<Message: BridgedMessage>(
        _ message: Message
    ) -> UnsafeMutablePointer<Message.CMessage> {
        let place = zeroed(Message.CMessage.self)
        setLayout(Message.layout, of: place)
        message.fill(&place.pointee, in: self)
        return place
    }

    /// The same for a message that may be absent.
    func makeIfPresent<Message: BridgedMessage>(
        _ message: Message?
    ) -> UnsafeMutablePointer<Message.CMessage>? {
        message.map { make($0) }
    }

    /// A C struct that is all zero, which is how an empty message looks.
    func zeroed<CMessage>(
        _ type: CMessage.Type, layout: UnsafePointer<ProtobufCMessageDescriptor>? = nil
    ) -> UnsafeMutablePointer<CMessage> {
        let place = allocate(MemoryLayout<CMessage>.size).baseAddress!
            .bindMemory(to: CMessage.self, capacity: 1)
        if let layout { setLayout(layout, of: place) }
        return place
    }

    /// Text as C has it, ended by NUL. What comes after a NUL in the text is lost.
    func text(_ view: ByteView) -> UnsafeMutablePointer<CChar> {
        let place = allocate(view.count + 1)
        place.copyMemory(from: view.bytes)
        return place.baseAddress!.assumingMemoryBound(to: CChar.self)
    }

    /// Bytes as C has them, not copied.
    func binary(_ view: ByteView) -> ProtobufCBinaryData {
        // protobuf-c only reads what it packs; C cannot say so.
        let start = UnsafeMutableRawPointer(mutating: view.bytes.baseAddress)
        return ProtobufCBinaryData(
            len: view.count, data: start?.assumingMemoryBound(to: UInt8.self))
    }

    /// A repeated field of messages or strings; nil when there are none.
    func list<Element, CElement>(
        _ elements: [Element], _ make: (Element) -> UnsafeMutablePointer<CElement>
    ) -> CList<CElement>? {
        guard !elements.isEmpty else { return nil }
        let place = array(of: UnsafeMutablePointer<CElement>?.self, count: elements.count)
        for (index, element) in elements.enumerated() {
            place[index] = make(element)
        }
        return place
    }

    /// Room for a C array; zero.
    func array<Element>(of type: Element.Type, count: Int) -> UnsafeMutablePointer<Element> {
        allocate(count * MemoryLayout<Element>.stride).baseAddress!
            .bindMemory(to: Element.self, capacity: count)
    }

    private func setLayout<CMessage>(
        _ layout: UnsafePointer<ProtobufCMessageDescriptor>,
        of place: UnsafeMutablePointer<CMessage>
    ) {
        // Each generated struct begins with a ProtobufCMessage.
        UnsafeMutableRawPointer(place).assumingMemoryBound(to: ProtobufCMessage.self)
            .pointee.descriptor = layout
    }
}

extension protobuf_c_boolean {
    init(_ value: Bool) {
        self = value ? 1 : 0
    }
}

extension RawRepresentable<Int32> {
    /// The same bits as C's enums have them: unsigned.
    var bits: UInt32 { UInt32(bitPattern: rawValue) }
}
