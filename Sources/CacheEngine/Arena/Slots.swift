// Owns the way from a slot's number to its memory; any thread, for a slot that is kept.

/// The numbers of blocks: 21 bits say which span, 10 which block of it. 0 is no block.
enum SlotNumber {
    static let blockBits = 10
    static let spanBits = 21
    static let blockMask = 1 << blockBits - 1
}

/// All slots of an arena, by their numbers.
///
/// For each span there is a word, with its address in the upper bits and the size of its blocks in
/// the lower ones. A word is written before a block of its span is given out, and changes only
/// when none of them is. The words have room for all spans there may be: pages of them that are
/// not used take no memory.
struct Slots: @unchecked Sendable {  // holds: see above
    static let maxSpans = 1 << SlotNumber.spanBits

    let words: UnsafeMutablePointer<UInt64>
    // By reference: a stripe has the slots on the cache line that a hit reads.
    private let rest: UnsafeMutablePointer<Rest>

    /// What a hit does not need.
    private struct Rest {
        let hasher: SipHash
        /// What an entry in a block costs its budget, by the block's size in words of 4 bytes.
        let costs: UnsafeMutablePointer<UInt16>
    }

    init(hasher: SipHash) {
        words = PageMemory.map(Self.maxSpans * 8).bindMemory(
            to: UInt64.self, capacity: Self.maxSpans)
        let costs = UnsafeMutablePointer<UInt16>.allocate(
            capacity: SizeClasses.maxBlockBytes / 4 + 1)
        for words in 0...SizeClasses.maxBlockBytes / 4 {
            let cost = EntryFootprint.bytes(body: words * 4 - EntryView.headerBytes)
            (costs + words).initialize(to: UInt16(cost))
        }
        rest = .allocate(capacity: 1)
        rest.initialize(to: Rest(hasher: hasher, costs: costs))
    }

    /// Frees the words; no slot may be asked for afterwards.
    func deallocate() {
        PageMemory.unmap(words, Self.maxSpans * 8)
        rest.pointee.costs.deallocate()
        rest.deallocate()
    }

    @inline(__always)
    static func blockBytes(_ word: UInt64) -> Int {
        Int(truncatingIfNeeded: word) & (EntryArena.spanBytes &- 1)
    }

    @inline(__always)
    static func base(_ word: UInt64) -> UnsafeMutableRawPointer {
        let address = UInt(word) & ~UInt(EntryArena.spanBytes &- 1)
        return UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
    }

    /// The memory of a slot.
    @inline(__always)
    func address(_ slot: Int) -> UnsafeMutableRawPointer {
        let word = words[slot &>> SlotNumber.blockBits]
        return Self.base(word) + (slot & SlotNumber.blockMask) &* Self.blockBytes(word)
    }

    /// The entry of a slot.
    @inline(__always)
    func entry(_ slot: Int) -> EntryView { EntryView(address(slot)) }

    /// The hash of a slot's key, worked out anew.
    func hash(of slot: Int) -> UInt64 { rest.pointee.hasher.hash(entry(slot).key) }

    /// What a slot's entry costs its budget: its ``EntryView/footprintBytes``, read from the size
    /// of its block.
    @inline(__always)
    func bytes(of slot: Int) -> Int {
        let entry = entry(slot)
        if entry.parts.contains(.outside) { return entry.footprintBytes }
        return Int(rest.pointee.costs[Self.blockBytes(words[slot &>> SlotNumber.blockBits]) &>> 2])
    }

    /// The header of a slot, in place.
    subscript(slot: Int) -> Slot {
        @inline(__always)
        unsafeAddress { UnsafePointer(address(slot).assumingMemoryBound(to: Slot.self)) }
        @inline(__always)
        nonmutating unsafeMutableAddress { address(slot).assumingMemoryBound(to: Slot.self) }
    }
}
