// Owns the estimate of how often keys were used lately; guarded by its owner's lock.

/// A count-min sketch of 4-bit counters with conservative updates (Cormode and Muthukrishnan 2005;
/// Estan and Varghese 2002), for the admission of TinyLFU (Einziger, Friedman and Manes 2017).
///
/// A key's four counters lie in one block of 64 bytes. Ageing halves all counters: a block keeps
/// the age it was brought up to in its first four bits, and does so when it is next touched.
/// The sketch grows with the entries, a block with each use, so that no call waits for it.
struct FrequencySketch: ~Copyable {
    /// The highest estimate.
    static let maxFrequency = 15
    private static let wordsPerBlock = 8
    private static let entriesPerBlock = 16
    private static let smallestBlocks = 4

    // Holds: allocated and freed here, never handed out.
    private var blocks: UnsafeMutablePointer<UInt64>
    private var count: Int
    /// The smaller table that this one grew from; its blocks before `copied` are here already.
    private var old: UnsafeMutablePointer<UInt64>?
    private var copied = 0

    init() {
        count = Self.smallestBlocks
        blocks = Self.allocate(count)
    }

    deinit {
        Self.free(blocks, count)
        if let old { Self.free(old, count / 2) }
    }

    /// Whether an entry used `frequency` times lately is to take the place of one used
    /// `incumbent` times. The candidate has just been used, so it is one use ahead of where it
    /// would be half a round later: of two that are used often, that decides nothing.
    static func admits(_ frequency: Int, over incumbent: Int) -> Bool {
        frequency > (incumbent < 4 ? incumbent : incumbent + 1)
    }

    /// How often the key of `hash` was used, as far as is remembered at `age`.
    func frequency(_ hash: UInt64, age: UInt8) -> Int {
        let block = block(of: hash)
        let lag = Self.lag(block[0], age)
        var lowest = Self.maxFrequency
        for row in 0..<4 {
            let (word, shift) = Self.counter(hash, row: row)
            lowest = min(lowest, Int(truncatingIfNeeded: block[word] &>> shift & 15))
        }
        return lowest >> lag
    }

    /// Counts a use at `age`.
    mutating func add(_ hash: UInt64, age: UInt8) {
        copyNextBlock()
        let block = block(of: hash)
        Self.bring(block, to: age)
        var counters = SIMD4<UInt64>()
        for row in 0..<4 {
            let (word, shift) = Self.counter(hash, row: row)
            counters[row] = block[word] &>> shift & 15
        }
        let lowest = counters.min()
        guard lowest < Self.maxFrequency else { return }
        for row in 0..<4 where counters[row] == lowest {
            let (word, shift) = Self.counter(hash, row: row)
            block[word] &= ~(15 &<< shift)
            block[word] |= (lowest + 1) &<< shift
        }
    }

    /// Makes sure that so many entries find room.
    @inline(__always)
    mutating func reserve(entries: Int) {
        while entries > count &* Self.entriesPerBlock { grow() }
    }

    private mutating func grow() {
        while old != nil { copyNextBlock() }
        old = blocks
        copied = 0
        count *= 2
        blocks = Self.allocate(count)
    }

    /// A larger table tells keys apart by one more bit: each block begins as what both were.
    private mutating func copyNextBlock() {
        guard let old else { return }
        let half = count / 2
        let source = old + copied * Self.wordsPerBlock
        for target in [copied, copied + half] {
            (blocks + target * Self.wordsPerBlock).update(from: source, count: Self.wordsPerBlock)
        }
        copied += 1
        guard copied == half else { return }
        Self.free(old, half)
        self.old = nil
    }

    @inline(__always)
    private func block(of hash: UInt64) -> UnsafeMutablePointer<UInt64> {
        // Neither the lowest bits, which choose the stripe, nor the highest, which order its index.
        let place = Int(truncatingIfNeeded: hash &>> 16)
        if let old {
            let before = place & (count / 2 - 1)
            if before >= copied { return old + before &* Self.wordsPerBlock }
        }
        return blocks + (place & (count &- 1)) &* Self.wordsPerBlock
    }

    /// Two words for each row; the first four bits of the block are its age.
    @inline(__always)
    private static func counter(_ hash: UInt64, row: Int) -> (word: Int, shift: UInt64) {
        let bits = (hash &* 0x9e37_79b9_7f4a_7c15) &>> UInt64(24 &+ 8 &* row)
        let word = 2 &* row &+ Int(truncatingIfNeeded: bits & 1)
        let position = bits &>> 1 & 15
        return (word, 4 &* (word == 0 && position == 0 ? 7 : position))
    }

    private static func lag(_ word: UInt64, _ age: UInt8) -> Int {
        Int((age &- UInt8(truncatingIfNeeded: word & 15)) & 15)
    }

    private static func bring(_ block: UnsafeMutablePointer<UInt64>, to age: UInt8) {
        let lag = lag(block[0], age)
        guard lag > 0 else { return }
        // A counter is 0 after four halvings. The mask drops what comes from its neighbour.
        let mask = lag < 4 ? 0x1111_1111_1111_1111 &* UInt64(15 >> lag) : 0
        for word in 0..<wordsPerBlock { block[word] = block[word] &>> UInt64(lag) & mask }
        block[0] = block[0] & ~15 | UInt64(age & 15)
    }

    // From so many bytes on the system gives zeros when they are first used: to write them all
    // at once would take long under the lock.
    private static let leastPagedBytes = 256 * 1_024

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        if count * 64 >= leastPagedBytes {
            return PageMemory.map(count * 64).bindMemory(
                to: UInt64.self, capacity: count * wordsPerBlock)
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: count * 64, alignment: 64)
        let words = memory.bindMemory(to: UInt64.self, capacity: count * wordsPerBlock)
        words.initialize(repeating: 0, count: count * wordsPerBlock)
        return words
    }

    private static func free(_ blocks: UnsafeMutablePointer<UInt64>, _ count: Int) {
        if count * 64 >= leastPagedBytes {
            PageMemory.unmap(blocks, count * 64)
        } else {
            blocks.deallocate()
        }
    }
}
