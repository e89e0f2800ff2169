// Owns the check of text from outside: UTF-8, and no NUL; no memory, any thread.

/// What is wrong with a text.
enum TextFault {
    case notUTF8
    case hasNUL
}

extension UnsafeRawBufferPointer {
    /// What is wrong with the bytes as a C string; nil when they are UTF-8 without NUL.
    ///
    /// Source: The Unicode Standard, table 3-7, well-formed UTF-8 byte sequences.
    func textFault() -> TextFault? {
        var index = 0
        while index < count {
            if index + 8 <= count, isPlainASCII(at: index) {
                index += 8
                continue
            }
            let lead = self[index]
            if lead == 0 { return .hasNUL }
            guard let length = sequenceLength(at: index, lead: lead) else { return .notUTF8 }
            index += length
        }
        return nil
    }

    /// Whether the eight bytes from `index` are all in 0x01...0x7F.
    private func isPlainASCII(at index: Int) -> Bool {
        let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
        let high: UInt64 = 0x8080_8080_8080_8080
        // Subtracting 1 from a zero byte borrows, which shows in its highest bit.
        return (word | (word &- 0x0101_0101_0101_0101)) & high == 0
    }

    /// How many bytes the scalar at `index` takes; nil when it is not well-formed.
    private func sequenceLength(at index: Int, lead: UInt8) -> Int? {
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0x01...0x7F: return 1
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE, 0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: return nil
        }
        guard index + length <= count, second.contains(self[index + 1]) else { return nil }
        for offset in 2..<length where self[index + offset] & 0xC0 != 0x80 {
            return nil
        }
        return length
    }
}
