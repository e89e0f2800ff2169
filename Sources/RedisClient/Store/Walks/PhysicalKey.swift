// A key as SCAN finds it, taken apart; pure functions, any thread.

import Invalidation
import NIOCore

/// A physical key that is one of ours.
struct PhysicalKey {
    let kind: StoreLayout.Kind
    let partition: Int
    /// The physical key.
    let bytes: ByteBuffer
    /// How many bytes come before the logical key.
    let stemCount: Int

    /// Lends the logical key to `body`.
    func withKey<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        bytes.withUnsafeReadableBytes { body(UnsafeRawBufferPointer(rebasing: $0[stemCount...])) }
    }
}

extension StoreLayout {
    /// Takes a key apart; nil when it is none of an entry or a lease, or not in the partition
    /// that its name belongs to.
    func parse(_ key: ByteBuffer) -> PhysicalKey? {
        key.withUnsafeReadableBytes { bytes in
            guard let (partition, stemCount) = stem(of: bytes) else { return nil }
            for kind in [Kind.entry, .lease] {
                let start = stemCount + kind.rawValue.utf8.count
                guard bytes.count > start,
                    bytes[stemCount..<start].elementsEqual(kind.rawValue.utf8)
                else { continue }
                let logical = UnsafeRawBufferPointer(rebasing: bytes[start...])
                guard Partitioning.partition(of: logical) == partition else { return nil }
                return PhysicalKey(
                    kind: kind, partition: partition, bytes: key, stemCount: start)
            }
            return nil
        }
    }

    /// The partition in braces, and where what follows the colon begins.
    private func stem(of bytes: UnsafeRawBufferPointer) -> (partition: Int, count: Int)? {
        let prefixCount = prefix.utf8.count
        guard bytes.count > prefixCount, bytes[prefixCount] == UInt8(ascii: "{") else { return nil }
        var partition = 0
        var end = prefixCount + 1
        while end < min(bytes.count, prefixCount + 4), (0x30...0x39).contains(bytes[end]) {
            partition = partition * 10 + Int(bytes[end] - 0x30)
            end += 1
        }
        guard end > prefixCount + 1, partition < Partitioning.count else { return nil }
        // The whole beginning must be what we write: digits without zeros in front, and so on.
        let stem = stem(partition)
        return bytes.starts(with: stem) ? (partition, stem.count) : nil
    }

    /// The pattern for SCAN that finds the keys of a kind that start with `start`, and perhaps
    /// others. `kinds` is a pattern itself.
    func scanPattern(kinds: String, start: [UInt8]) -> [UInt8] {
        Self.escaped(Array(prefix.utf8)) + Array("{*}:\(kinds)".utf8) + Self.escaped(start)
            + [UInt8(ascii: "*")]
    }

    private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
        let special = Array("*?[]\\".utf8)
        return bytes.flatMap { special.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }
}
