// Owns a few values of a stripe in a place of their own; guarded by the stripe's lock.

/// An array of fixed length that is never copied: to change an element of an array of Swift's is
/// to ask first whether somebody else holds it, on every hit. It is one pointer wide, and begins
/// a cache line.
struct Row<Element> {
    private static var headerBytes: Int { 16 }
    private static var lineBytes: Int { 64 }

    // Holds: allocated and freed here, and no index is out of range: namespaces and segments
    // come from the table that the row was made for.
    private let start: UnsafeMutableRawPointer

    init(_ elements: [Element]) {
        let bytes = elements.count * MemoryLayout<Element>.stride
        start = .allocate(byteCount: Self.headerBytes + bytes, alignment: Self.lineBytes)
        start.storeBytes(of: elements.count, as: Int.self)
        for (index, element) in elements.enumerated() {
            (base + index).initialize(to: element)
        }
    }

    /// Frees all; nothing may be called afterwards.
    func deallocate() {
        base.deinitialize(count: count)
        start.deallocate()
    }

    /// Puts other elements in the place of these.
    mutating func replace(with elements: [Element]) {
        deallocate()
        self = Row(elements)
    }

    var count: Int { start.load(as: Int.self) }

    var elements: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

    @inline(__always)
    private var base: UnsafeMutablePointer<Element> {
        (start + Self.headerBytes).assumingMemoryBound(to: Element.self)
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        unsafeAddress {
            assert(index >= 0 && index < count, "out of range")
            return UnsafePointer(base + index)
        }
        nonmutating unsafeMutableAddress {
            assert(index >= 0 && index < count, "out of range")
            return base + index
        }
    }
}
