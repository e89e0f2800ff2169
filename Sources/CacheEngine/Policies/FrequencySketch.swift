// Owns the estimate of how often keys were used lately; guarded by its owner's lock.

/// A count-min sketch of 4-bit counters with conservative updates (Cormode and Muthukrishnan 2005;
/// Estan and Varghese 2002), for the admission of TinyLFU (Einziger, Friedman and Manes 2017).
///
/// A key's four counters lie in one block of 64 bytes. Ageing halves all counters: a block keeps
/// the age it was brought up to in its first four bits, and does so when it is next touched.
/// The sketch grows with the entries a block at a time (linear hashing: Litwin 1980), so that no
/// call waits for it and no half of it is empty.
struct FrequencySketch: ~Copyable {
    /// The highest estimate.
    static let maxFrequency = 15
    private static let wordsPerBlock = 8
    private static let smallestBlocks = 4
    private static let fewEntries = 1_000
    private static let fewPerBlock = 8
    private static let othersPerBlock = 24
    private static let chunkBits = 6
    private static let blocksPerChunk = 1 << chunkBits

    // Holds: allocated and freed here, never handed out. The first chunk grows by doubling, the
    // others are whole from the beginning.
    private var chunks: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>
    private var count = smallestBlocks
    /// Chooses among twice as many blocks as the largest power of two that there are; what is not
    /// there yet is in the lower half.
    private var mask = 2 * smallestBlocks - 1

    init() {
        chunks = .allocate(capacity: 1)
        chunks.initialize(to: Self.makeChunk(Self.smallestBlocks))
    }

    deinit {
        for chunk in 0..<Self.chunkCount(count) { chunks[chunk].deallocate() }
        chunks.deallocate()
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

    /// Makes sure that so many entries find room: 8 bytes for each of the first thousand, for more
    /// counters tell the keys better apart where many come once, and less than 3 for the others.
    @inline(__always)
    mutating func reserve(entries: Int) {
        let few = min(entries, Self.fewEntries)
        let blocks = (few &+ 7) / Self.fewPerBlock &+ (entries &- few) / Self.othersPerBlock
        while count < blocks { grow() }
    }

    /// How many bytes the blocks take; for tests.
    var byteCount: Int { count * Self.wordsPerBlock * 8 }

    /// Adds a block, which tells the keys of another one apart by one more bit of their hashes, and
    /// begins as what that one is.
    @inline(never)
    private mutating func grow() {
        let half = (mask + 1) / 2
        if count < Self.blocksPerChunk {
            if count == half { doubleFirstChunk() }
        } else if count % Self.blocksPerChunk == 0 {
            addChunk()
        }
        block(count).update(from: block(count - half), count: Self.wordsPerBlock)
        count += 1
        if count > mask { mask = 2 * mask + 1 }
    }

    private mutating func doubleFirstChunk() {
        let larger = Self.makeChunk(2 * count)
        larger.update(from: chunks[0], count: count * Self.wordsPerBlock)
        chunks[0].deallocate()
        chunks[0] = larger
    }

    private mutating func addChunk() {
        let number = Self.chunkCount(count)
        if number & (number - 1) == 0 {
            let more = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>.allocate(
                capacity: 2 * number)
            more.moveInitialize(from: chunks, count: number)
            chunks.deallocate()
            chunks = more
        }
        (chunks + number).initialize(to: Self.makeChunk(Self.blocksPerChunk))
    }

    private static func chunkCount(_ blocks: Int) -> Int {
        (blocks + blocksPerChunk - 1) >> chunkBits
    }

    private static func makeChunk(_ blocks: Int) -> UnsafeMutablePointer<UInt64> {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: blocks * 64, alignment: 64)
        let words = memory.bindMemory(to: UInt64.self, capacity: blocks * wordsPerBlock)
        words.initialize(repeating: 0, count: blocks * wordsPerBlock)
        return words
    }

    @inline(__always)
    private func block(of hash: UInt64) -> UnsafeMutablePointer<UInt64> {
        // Neither the lowest bits, which choose the stripe, nor the highest, which order its index.
        let place = Int(truncatingIfNeeded: hash &>> 16) & mask
        return block(place < count ? place : place & mask &>> 1)
    }

    @inline(__always)
    private func block(_ number: Int) -> UnsafeMutablePointer<UInt64> {
        let place = number & (Self.blocksPerChunk &- 1)
        return chunks[number &>> Self.chunkBits] + place &* Self.wordsPerBlock
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
}
