// Owns which prefixes a key has; pure functions.

/// The prefixes under which misses of a key are counted: its part up to the first `:` and, where
/// there is one, up to the second, each with its `:`. A key without any has the empty prefix.
///
/// Deeper ones mostly end in what tells entries apart, and there are as many of them as entries.
struct KeyPrefixes: Sequence, IteratorProtocol {
    private static let most = 2

    private let key: UnsafeRawBufferPointer
    private var offset = 0
    private var found = 0
    private var isOver = false

    init(_ key: UnsafeRawBufferPointer) { self.key = key }

    mutating func next() -> UnsafeRawBufferPointer? {
        while !isOver, found < Self.most, offset < key.count {
            offset += 1
            if key[offset - 1] == UInt8(ascii: ":") {
                found += 1
                return UnsafeRawBufferPointer(rebasing: key[..<offset])
            }
        }
        defer { isOver = true }
        return found == 0 && !isOver ? UnsafeRawBufferPointer(rebasing: key[..<0]) : nil
    }
}
