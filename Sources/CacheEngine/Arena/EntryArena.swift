// Owns the memory of all entries of an engine; any thread, a lock for each size of blocks.

import Locks
import Synchronization

/// Blocks for entries, cut from spans of 32 KiB, of one size each, which are cut from chunks.
///
/// What an allocator adds to each piece (a header, rounding, a pointer of eight bytes to it) is
/// much for an entry of a hundred bytes. Here a block has a number of four bytes, no header, and
/// at most three bytes too many. A span that is empty serves any size; a chunk that is empty
/// goes back to the system.
final class EntryArena: @unchecked Sendable {  // holds: spans are reached under their lock only
    static let spanBytes = 32 * 1_024

    let slots: Slots
    private let classes: UnsafeMutablePointer<Locked<SpanList>>
    /// For each size the block that was freed last, or 0: a write frees what the next one needs.
    private let spares: UnsafeMutablePointer<Atomic<UInt32>>
    private let pool: Locked<SpanPool>
    private let infos: SpanInfos

    /// - Parameter hasher: The hash of the keys, for those who have the slot only.
    init(hasher: SipHash) {
        slots = Slots(hasher: hasher)
        infos = SpanInfos()
        pool = Locked(SpanPool(slots: slots, infos: infos))
        spares = .allocate(capacity: SizeClasses.count)
        classes = .allocate(capacity: SizeClasses.count)
        for index in 0..<SizeClasses.count {
            let list = SpanList(blockBytes: SizeClasses.blockBytes(index), infos: infos)
            (classes + index).initialize(to: Locked(list))
            (spares + index).initialize(to: Atomic(0))
        }
    }

    deinit {
        classes.deinitialize(count: SizeClasses.count)
        classes.deallocate()
        spares.deallocate()
        pool.withLock { $0.unmapAll() }
        infos.deallocate()
        slots.deallocate()
    }

    /// A block of at least `bytes`, with anything in it; at most `SizeClasses.maxBlockBytes`.
    func allocate(_ bytes: Int) -> Int {
        let index = SizeClasses.index(of: bytes)
        if spares[index].load(ordering: .relaxed) != 0 {
            let spare = spares[index].exchange(0, ordering: .acquiring)
            if spare != 0 { return Int(spare) }
        }
        return classes[index].withLock { list in
            if list.first == 0 {
                let span = pool.withLock {
                    $0.take(sizeClass: index, blockBytes: list.blockBytes)
                }
                list.add(span)
            }
            return list.takeBlock(slots)
        }
    }

    /// Takes a block back.
    func free(_ slot: Int) {
        let index = Int(infos[slot >> SlotNumber.blockBits].pointee.sizeClass)
        if spares[index].load(ordering: .relaxed) == 0 {
            let number = UInt32(truncatingIfNeeded: slot)
            let (isKept, _) = spares[index].compareExchange(
                expected: 0, desired: number, ordering: .releasing)
            if isKept { return }
        }
        let empty = classes[index].withLock { $0.giveBlock(slot, slots) }
        if let empty { pool.withLock { $0.give(empty) } }
    }

    /// One more who keeps the entry of a slot, besides those who do.
    @inline(__always)
    func retain(_ slot: Int) { slots.entry(slot).retain() }

    /// One less; the last one's leaving frees the entry.
    @inline(__always)
    func release(_ slot: Int) {
        let entry = slots.entry(slot)
        guard entry.release() else { return }
        entry.freeOutside()
        free(slot)
    }

    /// How many bytes are mapped for spans; for tests.
    var mappedBytes: Int { pool.withLock { $0.mappedBytes } }
    /// How many bytes the spans in use have; for tests.
    var usedSpanBytes: Int { pool.withLock { $0.usedSpans * Self.spanBytes } }
}
