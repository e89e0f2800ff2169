// Owns the keyed hash of the table; a value, usable on every thread.

/// SipHash (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): without the key
/// nobody can choose cache keys that collide.
struct SipHash: Sendable {
    private let initial: State

    init(seed: (UInt64, UInt64)) { initial = State(seed: seed) }

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
        var state = initial
        let count = bytes.count
        var last = UInt64(truncatingIfNeeded: count) &<< 56
        if count >= 8, let start = bytes.baseAddress {
            var place = 0
            while place &+ 8 <= count {
                state.absorb(Self.word(start + place), rounds: compressionRounds)
                place &+= 8
            }
            // The rest is the end of the last eight bytes: no loop. Two shifts: it may be none.
            let word = Self.word(start + (count &- 8)) &>> 8
            last |= word &>> UInt64(truncatingIfNeeded: (7 &- count & 7) &* 8)
        } else {
            last |= Self.fewBytes(bytes)
        }
        state.absorb(last, rounds: compressionRounds)
        return state.finish(rounds: finalizationRounds)
    }

    @inline(never)
    private static func fewBytes(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.enumerated().reduce(0) { $0 | UInt64($1.element) &<< UInt64($1.offset &* 8) }
    }

    @inline(__always)
    private static func word(_ start: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: start.loadUnaligned(as: UInt64.self))
    }

    private struct State: Sendable {
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
