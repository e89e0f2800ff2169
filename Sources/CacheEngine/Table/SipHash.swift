// Owns the keyed hash of the table; a value, usable on every thread.

/// SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): without the key
/// nobody can choose cache keys that collide.
struct SipHash: Sendable {
    private let seed: (UInt64, UInt64)

    init(seed: (UInt64, UInt64)) {
        self.seed = seed
    }

    /// SipHash-1-3, the parameters that hash tables use.
    @inline(__always)
    func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        hash(bytes, compressionRounds: 1, finalizationRounds: 3)
    }

    /// SipHash-c-d for any c and d; the tests use the paper's 2 and 4.
    @inline(__always)
    func hash(
        _ bytes: UnsafeRawBufferPointer, compressionRounds: Int, finalizationRounds: Int
    ) -> UInt64 {
        var state = State(seed: seed)
        let wholeWords = bytes.count & ~7
        var offset = 0
        while offset < wholeWords {
            let word = UInt64(
                littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            state.absorb(word, rounds: compressionRounds)
            offset += 8
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        while offset < bytes.count {
            last |= UInt64(bytes[offset]) << UInt64((offset & 7) * 8)
            offset += 1
        }
        state.absorb(last, rounds: compressionRounds)
        return state.finish(rounds: finalizationRounds)
    }

    private struct State {
        private var v0, v1, v2, v3: UInt64

        @inline(__always)
        init(seed: (UInt64, UInt64)) {
            v0 = seed.0 ^ 0x736f_6d65_7073_6575
            v1 = seed.1 ^ 0x646f_7261_6e64_6f6d
            v2 = seed.0 ^ 0x6c79_6765_6e65_7261
            v3 = seed.1 ^ 0x7465_6462_7974_6573
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64, rounds: Int) {
            v3 ^= word
            for _ in 0..<rounds { mix() }
            v0 ^= word
        }

        @inline(__always)
        mutating func finish(rounds: Int) -> UInt64 {
            v2 ^= 0xff
            for _ in 0..<rounds { mix() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        @inline(__always)
        private mutating func mix() {
            v0 &+= v1
            v1 = v1 &<< 13 | v1 &>> 51
            v1 ^= v0
            v0 = v0 &<< 32 | v0 &>> 32
            v2 &+= v3
            v3 = v3 &<< 16 | v3 &>> 48
            v3 ^= v2
            v0 &+= v3
            v3 = v3 &<< 21 | v3 &>> 43
            v3 ^= v0
            v2 &+= v1
            v1 = v1 &<< 17 | v1 &>> 47
            v1 ^= v2
            v2 = v2 &<< 32 | v2 &>> 32
        }
    }
}
