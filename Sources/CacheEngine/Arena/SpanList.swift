// Owns the spans of one size that have a free block; guarded by the lock of that size.

/// Gives out blocks of one size, from the span that got one back last.
struct SpanList {
    let blockBytes: Int
    private let blocksPerSpan: Int
    private let infos: SpanInfos
    /// 0: no span has a free block.
    private(set) var first = 0

    init(blockBytes: Int, infos: SpanInfos) {
        self.blockBytes = blockBytes
        self.infos = infos
        blocksPerSpan = EntryArena.spanBytes / blockBytes
    }

    /// A block; there must be a span.
    mutating func takeBlock(_ slots: Slots) -> Int {
        let span = first
        let info = infos[span]
        let block: UInt16
        if info.pointee.free != SpanInfo.noBlock {
            block = info.pointee.free
            let slot = Self.slot(span, block)
            info.pointee.free = slots.address(slot).load(as: UInt16.self)
        } else {
            block = info.pointee.fresh
            info.pointee.fresh += 1
        }
        info.pointee.used += 1
        if info.pointee.used == blocksPerSpan { unlink(span) }
        return Self.slot(span, block)
    }

    /// Takes a block back; answers its span if that is empty and not the last one.
    mutating func giveBlock(_ slot: Int, _ slots: Slots) -> Int? {
        let span = slot >> SlotNumber.blockBits
        let info = infos[span]
        slots.address(slot).storeBytes(of: info.pointee.free, as: UInt16.self)
        info.pointee.free = UInt16(truncatingIfNeeded: slot & SlotNumber.blockMask)
        if info.pointee.used == blocksPerSpan { add(span) }
        info.pointee.used -= 1
        guard info.pointee.used == 0, first != span || info.pointee.next != 0 else { return nil }
        unlink(span)
        return span
    }

    /// Puts a span with a free block to the front.
    mutating func add(_ span: Int) {
        infos[span].pointee.previous = 0
        infos[span].pointee.next = Int32(first)
        if first != 0 { infos[first].pointee.previous = Int32(span) }
        first = span
    }

    private mutating func unlink(_ span: Int) {
        let (previous, next) = (infos[span].pointee.previous, infos[span].pointee.next)
        if previous == 0 { first = Int(next) } else { infos[Int(previous)].pointee.next = next }
        if next != 0 { infos[Int(next)].pointee.previous = previous }
    }

    @inline(__always)
    private static func slot(_ span: Int, _ block: UInt16) -> Int {
        span << SlotNumber.blockBits | Int(block)
    }
}
