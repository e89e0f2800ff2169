// Reads and writes single Unicode scalars in UTF-8; pure functions, any thread.

/// Single scalars in UTF-8.
enum UTF8Scalar {
    /// What an ill-formed byte reads as: above all scalars, so that no set holds it.
    static let illFormed: UInt32 = 0x110000

    /// The scalar at `index` and how many bytes it takes. An ill-formed byte is one `illFormed`
    /// of one byte: keys are checked before they come here, and a bad one must still be safe.
    @inline(__always)
    static func decode(
        _ bytes: UnsafeRawBufferPointer, at index: Int
    ) -> (value: UInt32, length: Int) {
        let lead = bytes[index]
        if lead < 0x80 { return (UInt32(lead), 1) }
        return decodeMultibyte(bytes, at: index, lead: lead)
    }

    private static func decodeMultibyte(
        _ bytes: UnsafeRawBufferPointer, at index: Int, lead: UInt8
    ) -> (value: UInt32, length: Int) {
        let length: Int
        var value: UInt32
        switch lead {
        case 0xC2...0xDF: (length, value) = (2, UInt32(lead & 0x1F))
        case 0xE0...0xEF: (length, value) = (3, UInt32(lead & 0x0F))
        case 0xF0...0xF4: (length, value) = (4, UInt32(lead & 0x07))
        default: return (illFormed, 1)
        }
        guard index + length <= bytes.count else { return (illFormed, 1) }
        for offset in 1..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return (illFormed, 1) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        // Overlong forms and surrogates carry a value that Unicode gives no scalar of this length.
        guard let scalar = Unicode.Scalar(value), UTF8.width(scalar) == length else {
            return (illFormed, 1)
        }
        return (value, length)
    }

    /// Appends a scalar in UTF-8.
    static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        guard let scalar = Unicode.Scalar(value) else { return }
        bytes.append(contentsOf: UTF8.encode(scalar)!)
    }
}
