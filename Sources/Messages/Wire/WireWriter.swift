// Owns the little of the wire format that is written by hand; on the caller's thread.

/// Writes fields into memory that is known to be large enough.
struct WireWriter {
    private var rest: UnsafeMutableRawBufferPointer

    init(_ place: UnsafeMutableRawBufferPointer) {
        rest = place
    }

    /// How many bytes a length-delimited field takes; field numbers up to 15.
    static func size(of count: Int) -> Int {
        1 + varintSize(count) + count
    }

    /// Begins a length-delimited field, whose `count` bytes come next.
    mutating func begin(field number: UInt8, count: Int) {
        precondition((1...15).contains(number), "the tag takes one byte")
        put(number << 3 | WireType.lengthDelimited.rawValue)
        var value = count
        while value >= 0x80 {
            put(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        put(UInt8(value))
    }

    /// Writes a whole length-delimited field.
    mutating func write(field number: UInt8, _ bytes: ByteView) {
        begin(field: number, count: bytes.count)
        rest.copyMemory(from: bytes.bytes)
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[bytes.count...])
    }

    private mutating func put(_ byte: UInt8) {
        rest[0] = byte
        rest = UnsafeMutableRawBufferPointer(rebasing: rest[1...])
    }

    private static func varintSize(_ value: Int) -> Int {
        max(1, (Int.bitWidth - value.leadingZeroBitCount + 6) / 7)
    }
}
