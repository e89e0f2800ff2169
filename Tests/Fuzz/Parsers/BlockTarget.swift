// Owns the attack on compressed values: foreign bytes, our own, and our own with changes.

import Compression

enum BlockTarget {
    /// The most bytes a value may have here.
    private static let limit = 1 << 16
    /// Bytes around the room of a value, which must stay as they are.
    private static let margin = 32

    static func run(_ input: inout FuzzInput) {
        switch input.number(below: 4) {
        case 0: _ = decompress(input.remaining())
        case 1: roundTrip(input.remaining())
        // Runs, which pack far better than what a fuzzer writes.
        case 2: roundTrip(runs(&input))
        default: change(&input)
        }
    }

    private static func runs(_ input: inout FuzzInput) -> [UInt8] {
        var bytes: [UInt8] = []
        while !input.isEmpty, bytes.count < limit / 2 {
            bytes += [UInt8](repeating: input.byte(), count: 16 * Int(input.byte()))
            bytes += input.bytes(input.number(below: 8))
        }
        return bytes
    }

    private static func roundTrip(_ value: [UInt8]) {
        guard let stored = compress(value) else { return }
        promise(stored.count * 100 <= value.count * 88, "\(value.count) to \(stored.count)")
        promise(decompress(stored) == value, "a value changes: \(value)")
    }

    /// Whatever is changed: what comes out has the size that was said, or nothing comes out.
    private static func change(_ input: inout FuzzInput) {
        let changes = (0..<input.number(below: 4)).map { _ in (Int(input.byte()), input.byte()) }
        guard var stored = compress(runs(&input)) else { return }
        for (place, bits) in changes { stored[place % stored.count] ^= bits }
        _ = decompress(stored)
    }

    private static func compress(_ value: [UInt8]) -> [UInt8]? {
        var room = [UInt8](repeating: 0, count: CompressedValue.mostBytes(of: value.count))
        let count = value.withUnsafeBytes { value in
            room.withUnsafeMutableBytes { CompressedValue.compress(value, into: $0) }
        }
        return count.map { Array(room[..<$0]) }
    }

    /// The library's own writes are not checked by the sanitizer: the margins are.
    private static func decompress(_ stored: [UInt8]) -> [UInt8]? {
        stored.withUnsafeBytes { stored in
            do throws(CompressionError) {
                let value = try CompressedValue(stored, limit: limit)
                promise(value.plainBytes <= limit, "\(value.plainBytes) bytes are allowed")
                var room = [UInt8](repeating: 0x5A, count: value.plainBytes + 2 * margin)
                let inner = margin..<margin + value.plainBytes
                let result = room.withUnsafeMutableBytes { room in
                    Result { () throws(CompressionError) in
                        try value.decompress(
                            into: UnsafeMutableRawBufferPointer(rebasing: room[inner]))
                    }
                }
                let around = [room[..<inner.lowerBound], room[inner.upperBound...]].joined()
                promise(around.allSatisfy { $0 == 0x5A }, "it wrote outside its room")
                try result.get()
                return Array(room[inner])
            } catch {
                return nil
            }
        }
    }
}
