// Owns a few values of a stripe in a place of their own; guarded by the stripe's lock.

/// An array of fixed length that is never copied: to change an element of an array of Swift's is
/// to ask first whether somebody else holds it, on every hit.
struct Row<Element> {
    // Holds: allocated and freed here, and no index is out of range: namespaces and segments
    // come from the table that the row was made for.
    private let base: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        base = .allocate(capacity: max(1, count))
        for (index, element) in elements.enumerated() {
            (base + index).initialize(to: element)
        }
    }

    /// Frees all; nothing may be called afterwards.
    func deallocate() {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// Puts other elements in the place of these.
    mutating func replace(with elements: [Element]) {
        deallocate()
        self = Row(elements)
    }

    var elements: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

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
