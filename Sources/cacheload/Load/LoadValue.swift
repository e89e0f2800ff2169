// The value that belongs to a key; pure functions.

/// Bytes that follow from the key alone, so that an answer can be checked without a memory of
/// what was written.
enum LoadValue {
    static func make(_ index: Int, bytes count: Int) -> [UInt8] {
        var random = SplitMix(seed: UInt64(index))
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var word: UInt64 = 0
            for place in 0..<count {
                if place % 8 == 0 { word = random.next() }
                buffer.initializeElement(at: place, to: UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
            written = count
        }
    }
}
