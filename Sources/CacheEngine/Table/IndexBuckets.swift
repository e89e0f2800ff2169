// Owns one table of an index and its timers; guarded by the stripe's lock.

/// Buckets in the order of the hashes: linear probing, kept sorted.
///
/// A bucket has the upper 32 bits of a hash above a slot. Its home is that share of the table
/// that its hash is of all hashes; where homes are taken it lies further on, never before one
/// with a smaller hash. So a search ends at the first larger hash, a range of hashes is a range
/// of buckets, and there are no tombstones: removal shifts back what follows.
struct IndexBuckets {
    /// What an empty bucket has: no slot, and more than any other, so that a search ends there.
    static let empty = UInt64.max
    /// Homes that share a timer, which is met when the first of their entries expires.
    static let homesPerTimer = 16
    private static let chunkBits = 4...9

    // Made when the first bucket in them is taken; freed when a migration has passed. They come
    // from the arena, which has large pages: a search should not wait for an address. The last one
    // is never made, so that a run ends there.
    private var chunks: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>
    private let homes: UInt32
    private let chunkBits: UInt8
    private let chunkMask: UInt16
    private var chunkCount: Int
    private var chunkSlots: UnsafeMutablePointer<UInt32>
    private let arena: EntryArena
    var wheel: TimingWheel
    private var forgottenTimers = 0

    /// - Parameter capacity: How many homes; more than that may be stored.
    init(capacity: Int, arena: EntryArena) {
        homes = UInt32(capacity)
        let wanted = Int.bitWidth - capacity.leadingZeroBitCount
        chunkBits = UInt8(min(max(wanted, Self.chunkBits.lowerBound), Self.chunkBits.upperBound))
        chunkMask = 1 << UInt16(chunkBits) - 1
        chunkCount = capacity >> chunkBits + 3
        chunks = .allocate(capacity: chunkCount)
        chunks.initialize(repeating: nil, count: chunkCount)
        chunkSlots = .allocate(capacity: chunkCount)
        chunkSlots.initialize(repeating: 0, count: chunkCount)
        self.arena = arena
        wheel = TimingWheel(timers: capacity / Self.homesPerTimer + 1)
    }

    /// Frees all; nothing may be called afterwards.
    func deallocate() {
        for chunk in 0..<chunkCount { freeChunk(chunk) }
        chunks.deallocate()
        chunkSlots.deallocate()
        wheel.deallocate()
    }

    /// How many homes there are.
    @inline(__always)
    var capacity: Int { Int(homes) }

    /// How many positions there may be buckets at.
    var positions: Int { chunkCount << chunkBits }

    /// Where a hash, by its upper 32 bits, belongs.
    @inline(__always)
    func home(_ tag: UInt64) -> Int {
        Int(truncatingIfNeeded: (tag &* UInt64(homes)) &>> 32)
    }

    @inline(__always)
    static func slot(_ content: UInt64) -> Int { Int(content & 0xffff_ffff) }

    @inline(__always)
    static func content(_ tag: UInt64, _ slot: Int) -> UInt64 {
        tag &<< 32 | UInt64(truncatingIfNeeded: slot)
    }

    @inline(__always)
    subscript(position: Int) -> UInt64 {
        let index = position &>> chunkBits
        guard index < chunkCount, let chunk = chunks[index] else { return Self.empty }
        return chunk[position & mask]
    }

    @inline(__always)
    private var mask: Int { Int(chunkMask) }

    /// What a look says that finds no slot: there is none, or it is not to be seen there.
    static let absent = -1
    static let unseen = 0

    /// The first slot for a hash, as far as a look at the six buckets from its home on tells: four
    /// in five are there. What a processor cannot foretell it waits for, and drops what it began.
    @inline(__always)
    func near(_ tag: UInt64) -> Int {
        let home = home(tag)
        let place = home & mask
        guard place &+ 5 <= mask, let chunk = chunks[home &>> chunkBits] else {
            return Self.unseen
        }
        let least = tag &<< 32
        var smaller = Self.countSmaller(chunk + place, least)
        smaller &+= chunk[place &+ 4] < least ? 1 : 0
        smaller &+= chunk[place &+ 5] < least ? 1 : 0
        guard smaller < 6 else { return Self.unseen }
        let content = chunk[place &+ smaller]
        // An empty bucket gives the same.
        return content &>> 32 == tag ? Int(Int32(truncatingIfNeeded: content)) : Self.absent
    }

    /// The first slot for a hash that `matches` confirms; 0: there is none.
    @inline(__always)
    func find(_ tag: UInt64, where matches: (Int) -> Bool) -> Int {
        let mask = self.mask
        let home = home(tag)
        let least = tag &<< 32
        var index = home &>> chunkBits
        var place = home & mask
        while let chunk = chunks[index] {
            // Four at once: how far a bucket is from its home is nothing to foretell by.
            while place &+ 3 <= mask {
                let smaller = Self.countSmaller(chunk + place, least)
                place &+= smaller
                if smaller < 4 { break }
            }
            while place <= mask {
                let content = chunk[place]
                if content &>> 32 == tag, content != Self.empty {
                    if matches(Self.slot(content)) { return Self.slot(content) }
                } else if content >= least {
                    return 0
                }
                place &+= 1
            }
            index &+= 1
            place = 0
        }
        return 0
    }

    /// How many of four buckets are before those of a tag. An empty one is not, nor what follows.
    @inline(__always)
    private static func countSmaller(
        _ buckets: UnsafeMutablePointer<UInt64>, _ least: UInt64
    ) -> Int {
        var count = buckets[0] < least ? 1 : 0
        count &+= buckets[1] < least ? 1 : 0
        count &+= buckets[2] < least ? 1 : 0
        return count &+ (buckets[3] < least ? 1 : 0)
    }

    mutating func insert(_ tag: UInt64, slot: Int) {
        var position = home(tag)
        while self[position] != Self.empty, self[position] >> 32 <= tag { position += 1 }
        var carried = Self.content(tag, slot)
        repeat {
            let next = self[position]
            set(position, carried)
            carried = next
            position += 1
        } while carried != Self.empty
    }

    /// Puts another slot in the place of one that is there.
    mutating func replace(_ tag: UInt64, _ slot: Int, with other: Int) {
        let position = position(of: Self.content(tag, slot))
        chunks[position &>> chunkBits]?[position & mask] = Self.content(tag, other)
    }

    /// Removes what `insert` put there; it must be there.
    mutating func remove(_ tag: UInt64, slot: Int) {
        var hole = position(of: Self.content(tag, slot))
        while true {
            let next = self[hole + 1]
            if next == Self.empty || home(next >> 32) == hole + 1 { break }
            set(hole, next)
            hole += 1
        }
        set(hole, Self.empty)
    }

    /// Visits the slots whose homes are in a range, with their tags, until `visit` says no.
    func visit(_ homes: Range<Int>, _ visit: (_ tag: UInt64, _ slot: Int) -> Bool) {
        var position = homes.lowerBound
        while true {
            let content = self[position]
            if content == Self.empty {
                if position >= homes.upperBound { return }
            } else {
                let home = home(content >> 32)
                if home >= homes.upperBound { return }
                if home >= homes.lowerBound, !visit(content >> 32, Self.slot(content)) { return }
            }
            position += 1
        }
    }

    /// Frees what comes before a position that a migration has reached.
    mutating func forget(before position: Int) {
        let chunk = position &>> chunkBits &- 1
        if chunk >= 0, position & mask == 0 { freeChunk(chunk) }
    }

    /// Forgets the timers of the homes before a position, which no entry has any more.
    mutating func forgetTimers(before position: Int) {
        let timers = min(position, capacity) / Self.homesPerTimer
        while forgottenTimers < timers {
            wheel.cancel(forgottenTimers)
            forgottenTimers += 1
        }
        wheel.forget(before: timers)
    }

    private func position(of content: UInt64) -> Int {
        var position = home(content >> 32)
        while self[position] != content {
            precondition(self[position] != Self.empty, "the slot is not in the index")
            position += 1
        }
        return position
    }

    private mutating func set(_ position: Int, _ content: UInt64) {
        let index = position &>> chunkBits
        if index + 1 >= chunkCount { addChunks() }
        let chunk = chunks[index] ?? makeChunk(index)
        chunk[position & mask] = content
    }

    private func makeChunk(_ index: Int) -> UnsafeMutablePointer<UInt64> {
        let slot = arena.allocate(8 << chunkBits)
        let chunk = arena.slots.address(slot).bindMemory(to: UInt64.self, capacity: 1 << chunkBits)
        chunk.initialize(repeating: Self.empty, count: 1 << chunkBits)
        chunks[index] = chunk
        chunkSlots[index] = UInt32(truncatingIfNeeded: slot)
        return chunk
    }

    private func freeChunk(_ index: Int) {
        guard chunkSlots[index] != 0 else { return }
        arena.free(Int(chunkSlots[index]))
        chunkSlots[index] = 0
        chunks[index] = nil
    }

    /// Room for a run that goes beyond the last home: it takes hashes that nobody can choose.
    private mutating func addChunks() {
        let more = UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>.allocate(
            capacity: 2 * chunkCount)
        more.initialize(repeating: nil, count: 2 * chunkCount)
        more.update(from: chunks, count: chunkCount)
        let moreSlots = UnsafeMutablePointer<UInt32>.allocate(capacity: 2 * chunkCount)
        moreSlots.initialize(repeating: 0, count: 2 * chunkCount)
        moreSlots.update(from: chunkSlots, count: chunkCount)
        chunks.deallocate()
        chunkSlots.deallocate()
        chunks = more
        chunkSlots = moreSlots
        chunkCount *= 2
    }
}
