// Owns the way strings and bytes cross this target's border: a pointer and a length into
// memory of someone else. Stays on the thread that owns that memory.

/// Bytes that someone else keeps: an arena, an input buffer, an entry. Valid until they let go.
package struct ByteView {
    /// The bytes themselves.
    package var bytes: UnsafeRawBufferPointer

    /// No bytes.
    package init() {
        bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The bytes of a buffer, which must outlive every use of the view.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// How many bytes there are.
    package var count: Int { bytes.count }

    /// Whether there are none.
    package var isEmpty: Bool { bytes.isEmpty }

    /// The text of a `string` field. Decoding has checked that it is UTF-8, so nothing is lost.
    package var string: String { String(decoding: bytes, as: UTF8.self) }

    /// A copy of the bytes.
    package var array: [UInt8] { Array(bytes) }
}

extension ByteView: Equatable {
    /// Whether both have the same bytes, wherever they are.
    package static func == (left: ByteView, right: ByteView) -> Bool {
        left.bytes.elementsEqual(right.bytes)
    }
}

extension ByteView: ExpressibleByStringLiteral {
    /// The UTF-8 of a literal, which lives as long as the program.
    package init(stringLiteral text: StaticString) {
        precondition(text.hasPointerRepresentation, "a literal is stored as UTF-8")
        bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }
}
