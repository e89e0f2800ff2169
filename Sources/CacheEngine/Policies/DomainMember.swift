// Owns one stripe's part in its domain; guarded by the stripe's lock.

import Synchronization

/// Counts what a stripe has of a segment, moves the domain's clocks on, and reports.
struct DomainMember {
    /// How much of an epoch, and of an age, a stripe keeps to itself before it tells.
    private static let quietTicks: UInt64 = 1 << 27
    /// How many uses for each entry halve the frequencies.
    private static let usesPerAge: UInt64 = 12

    /// A queue's tail, as it was last reported.
    private struct Reported {
        var tail = Slot.noSlot
        var place: UInt64 = 0
    }

    let domain: PolicyDomain
    // Holds: they live as long as the domain.
    private let shared: UnsafeMutablePointer<PolicyDomain.Shared>
    private let report: UnsafeMutablePointer<PolicyDomain.Report>
    private(set) var entries = 0
    private(set) var bytes = 0
    private var epochTicks: UInt64 = 0
    private var ageTicks: UInt64 = 0
    private var reported: (Reported, Reported, Reported) = (Reported(), Reported(), Reported())

    init(_ domain: PolicyDomain, stripe: Int) {
        self.domain = domain
        shared = domain.shared
        report = domain.report(of: stripe)
    }

    /// Counts from none again.
    mutating func clear() {
        entries = 0
        bytes = 0
        reported = (Reported(), Reported(), Reported())
        tell()
    }

    /// Whether the stripe has too few entries to evict from itself.
    @inline(__always)
    var isSmall: Bool { entries < PolicyDomain.entriesOfLargeStripe }

    @inline(__always)
    var epoch: UInt64 { shared.pointee.clock.load(ordering: .relaxed) &>> 32 }

    @inline(__always)
    var age: UInt8 {
        UInt8(truncatingIfNeeded: shared.pointee.age.load(ordering: .relaxed) &>> 32)
    }

    var floor: UInt64 { shared.pointee.floor.load(ordering: .relaxed) }
    var windowShare: Int { shared.pointee.windowShare.load(ordering: .relaxed) }
    var isFull: Bool { shared.pointee.isFull.load(ordering: .relaxed) }
    var isWindowShort: Bool { shared.pointee.isWindowShort.load(ordering: .relaxed) }

    /// How many entries there may be in all, by what this stripe has.
    private var estimate: UInt64 { UInt64(max(64, entries * domain.stripeCount)) }

    mutating func added(_ count: Int) {
        entries += 1
        bytes += count
        epochTicks &+= (PolicyDomain.epochsPerTurn << 32) / estimate
        if epochTicks >= Self.quietTicks {
            shared.pointee.clock.wrappingAdd(epochTicks, ordering: .relaxed)
            epochTicks = 0
        }
        tell()
    }

    mutating func removed(_ count: Int) {
        entries -= 1
        bytes -= count
        tell()
    }

    mutating func grew(by count: Int) {
        guard count != 0 else { return }
        bytes += count
        tell()
    }

    /// Counts a use, of what is here or of what comes.
    mutating func touched() {
        ageTicks &+= (1 << 32) / (Self.usesPerAge * estimate)
        guard ageTicks >= Self.quietTicks >> 3 else { return }
        shared.pointee.age.wrappingAdd(ageTicks, ordering: .relaxed)
        ageTicks = 0
    }

    /// Whether a key belongs to those on which windows are tried.
    @inline(__always)
    func samples(_ mixed: UInt64) -> Bool {
        mixed & shared.pointee.sampleMask.load(ordering: .relaxed) == 0
    }

    func raiseFloor(to priority: UInt64) {
        shared.pointee.floor.max(priority, ordering: .relaxed)
    }

    private func tell() {
        report.pointee.entries.store(entries, ordering: .relaxed)
        report.pointee.bytes.store(bytes, ordering: .relaxed)
    }

    func tell(windowBytes: Int, protectedBytes: Int) {
        report.pointee.windowBytes.store(windowBytes, ordering: .relaxed)
        report.pointee.protectedBytes.store(protectedBytes, ordering: .relaxed)
    }

    /// Whether the domain is to know the tails: some stripes may be small where this one is not.
    @inline(__always)
    var reportsTails: Bool { entries < 2 &* PolicyDomain.entriesOfLargeStripe }

    /// Says where the tail of a queue is in the order of all stripes: 0 where it is empty.
    ///
    /// A tail keeps the place that was first reported: the bits of an epoch in its mark tell less
    /// the longer it stays.
    mutating func tell(_ queue: Int, tail: Int32, place: UInt64) {
        guard reportsTails, tail != Slot.noSlot else { return store(queue, Reported()) }
        let last = queue == 0 ? reported.0 : queue == 1 ? reported.1 : reported.2
        if last.tail != tail { store(queue, Reported(tail: tail, place: place)) }
    }

    /// Says where the next to go of the only queue is in the order of all stripes.
    mutating func tell(place: UInt64) {
        store(0, Reported(place: reportsTails ? place : 0))
    }

    /// Forgets what was reported of a slot that changed its place; answers whether anything was.
    @discardableResult
    mutating func forget(_ slot: Int) -> Bool {
        let number = Int32(truncatingIfNeeded: slot)
        guard
            reported.0.tail == number || reported.1.tail == number || reported.2.tail == number
        else { return false }
        if reported.0.tail == number { reported.0.tail = Slot.noSlot }
        if reported.1.tail == number { reported.1.tail = Slot.noSlot }
        if reported.2.tail == number { reported.2.tail = Slot.noSlot }
        return true
    }

    private mutating func store(_ queue: Int, _ value: Reported) {
        switch queue {
        case 0:
            reported.0 = value
            report.pointee.tail.store(value.place, ordering: .relaxed)
        case 1:
            reported.1 = value
            report.pointee.probationTail.store(value.place, ordering: .relaxed)
        default:
            reported.2 = value
            report.pointee.protectedTail.store(value.place, ordering: .relaxed)
        }
    }

    /// The place, from 1, of an entry that came to its queue in an epoch whose lowest bits were
    /// `stamp`.
    func place(stamp: UInt8, mask: UInt64) -> UInt64 {
        let epoch = epoch
        let lag = (epoch &- UInt64(stamp)) & mask
        return epoch >= lag ? epoch - lag + 1 : 1
    }
}
