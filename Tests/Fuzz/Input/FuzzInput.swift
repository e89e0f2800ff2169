// Owns the bytes of one input while a target takes decisions and content from them.

/// Reads an input from its start; behind its end everything is zero or empty.
struct FuzzInput {
    private var rest: Slice<UnsafeRawBufferPointer>

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    mutating func bit() -> Bool { byte() & 1 == 1 }

    /// A number below `limit`, of one byte.
    mutating func number(below limit: Int) -> Int { Int(byte()) % limit }

    mutating func word() -> UInt64 { (0..<8).reduce(0) { value, _ in value << 8 | UInt64(byte()) } }

    mutating func bytes(_ count: Int) -> [UInt8] {
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return Array(taken)
    }

    /// A run of bytes with its length, one byte, in front.
    mutating func run() -> [UInt8] { bytes(Int(byte())) }

    mutating func remaining() -> [UInt8] { bytes(rest.count) }

    /// One of a few.
    mutating func choice<Element>(_ elements: [Element]) -> Element {
        elements[number(below: elements.count)]
    }
}
