// The XXH64 hash of a run of bytes; a pure function, any thread.

/// XXH64 (https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md), with seed 0.
enum XXHash64 {
    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5

    static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var index = 0
        var hash: UInt64
        if bytes.count >= 32 {
            hash = stripes(bytes, &index)
        } else {
            hash = prime5
        }
        hash &+= UInt64(bytes.count)
        while index + 8 <= bytes.count {
            hash = rotated(hash ^ round(0, word(bytes, index)), 27) &* prime1 &+ prime4
            index += 8
        }
        if index + 4 <= bytes.count {
            let half = bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)
            hash ^= UInt64(UInt32(littleEndian: half)) &* prime1
            hash = rotated(hash, 23) &* prime2 &+ prime3
            index += 4
        }
        while index < bytes.count {
            hash = rotated(hash ^ (UInt64(bytes[index]) &* prime5), 11) &* prime1
            index += 1
        }
        hash = (hash ^ (hash >> 33)) &* prime2
        hash = (hash ^ (hash >> 29)) &* prime3
        return hash ^ (hash >> 32)
    }

    /// The part of the input that comes in whole stripes of 32 bytes, four lanes at a time.
    private static func stripes(_ bytes: UnsafeRawBufferPointer, _ index: inout Int) -> UInt64 {
        var lane1 = prime1 &+ prime2
        var lane2 = prime2
        var lane3: UInt64 = 0
        var lane4 = 0 &- prime1
        while index + 32 <= bytes.count {
            lane1 = round(lane1, word(bytes, index))
            lane2 = round(lane2, word(bytes, index + 8))
            lane3 = round(lane3, word(bytes, index + 16))
            lane4 = round(lane4, word(bytes, index + 24))
            index += 32
        }
        var hash = rotated(lane1, 1) &+ rotated(lane2, 7)
        hash = hash &+ rotated(lane3, 12) &+ rotated(lane4, 18)
        hash = merged(hash, lane1)
        hash = merged(hash, lane2)
        hash = merged(hash, lane3)
        return merged(hash, lane4)
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotated(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func merged(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* prime1 &+ prime4
    }

    @inline(__always)
    private static func rotated(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value << bits | value >> (64 - bits)
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    }
}
