// Owns the order by size and use of one segment in one stripe; belongs to that stripe's lock.

/// What frees most room for least use goes first: the entry whose bytes, times how long nobody
/// used it, are most (pyramidal selection: Aggarwal, Wolf and Yu 1999).
///
/// There is a queue for each power of two of bytes, in order of use; only their tails are
/// compared. The mark has the time of the last use, eight units for each turn-over.
struct SizePolicy: ~Copyable {
    private static let classes = 32
    private static let epochsPerUnit = PolicyDomain.epochsPerTurn / 8

    // Holds: allocated and freed here, never handed out.
    private let queues: UnsafeMutablePointer<SlotQueue>
    private(set) var member: DomainMember

    init(_ member: DomainMember) {
        self.member = member
        queues = .allocate(capacity: Self.classes)
        queues.initialize(repeating: SlotQueue(), count: Self.classes)
    }

    deinit { queues.deallocate() }

    mutating func inserted(_ slot: Int, in slots: Slots) {
        let bytes = slots.bytes(of: slot)
        queues[Self.queue(bytes)].push(slot, in: slots)
        slots[slot].mark = now
        member.added(bytes)
        tell(slots)
    }

    mutating func used(_ slot: Int, in slots: Slots) {
        guard slots[slot].mark != now else { return }
        queues[Self.queue(slots.bytes(of: slot))].refresh(slot, in: slots)
        slots[slot].mark = now
    }

    mutating func replaced(_ old: Int, by slot: Int, in slots: Slots) {
        let (oldBytes, bytes) = (slots.bytes(of: old), slots.bytes(of: slot))
        queues[Self.queue(oldBytes)].remove(old, in: slots)
        queues[Self.queue(bytes)].push(slot, in: slots)
        slots[slot].mark = now
        member.grew(by: bytes - oldBytes)
        tell(slots)
    }

    mutating func removed(_ slot: Int, in slots: Slots) {
        let bytes = slots.bytes(of: slot)
        queues[Self.queue(bytes)].remove(slot, in: slots)
        member.removed(bytes)
        tell(slots)
    }

    func victim(sparing spared: Int?, in slots: Slots) -> Victim? {
        best(sparing: spared, in: slots).map { Victim(slot: $0.slot, reason: .order) }
    }

    func first(in slots: Slots) -> Int? {
        for queue in (0..<Self.classes).reversed() {
            if let slot = queues[queue].oldest(sparing: nil, in: slots) { return slot }
        }
        return nil
    }

    mutating func clear() {
        queues.update(repeating: SlotQueue(), count: Self.classes)
        member.clear()
    }

    private var now: UInt8 { UInt8(truncatingIfNeeded: member.epoch / Self.epochsPerUnit) }

    private static func queue(_ bytes: Int) -> Int {
        min(Int.bitWidth - bytes.leadingZeroBitCount, classes - 1)
    }

    /// What weighs most is the first of all stripes, as of the last change here.
    private mutating func tell(_ slots: Slots) {
        guard member.reportsTails else { return member.tell(place: 0) }
        let best = best(sparing: nil, in: slots)
        member.tell(place: best.map { .max - UInt64($0.score) } ?? 0)
    }

    private func best(sparing spared: Int?, in slots: Slots) -> (slot: Int, score: Int)? {
        let now = now
        var best: (slot: Int, score: Int)?
        for queue in 0..<Self.classes {
            guard let slot = queues[queue].oldest(sparing: spared, in: slots) else { continue }
            let score = slots.bytes(of: slot) * (1 + Int(now &- slots[slot].mark))
            if score > best?.score ?? 0 { best = (slot, score) }
        }
        return best
    }
}
