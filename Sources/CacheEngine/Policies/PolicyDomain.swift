// Owns what the stripes of one segment know of each other; lock-free, any thread.

import Locks
import Synchronization

/// The policy of a segment, across its stripes.
///
/// Each stripe keeps its own order under its own lock. A stripe that has few entries is no fair
/// sample of the whole: there the oldest of all is found by what the stripes report here. Time is
/// counted in *epochs*: in one, a 64th of the entries is replaced.
final class PolicyDomain: Sendable {
    /// How many epochs it takes until as many entries came as there are.
    static let epochsPerTurn: UInt64 = 64
    /// From so many entries on a stripe evicts its own, and reports no order.
    static let entriesOfLargeStripe = 64
    /// The most reports that one look reads.
    private static let maxReports = 64

    /// What one stripe has, on a cache line of its own. Written under the stripe's lock.
    struct Report: ~Copyable {
        let entries = Atomic<Int>(0)
        let bytes = Atomic<Int>(0)
        let windowBytes = Atomic<Int>(0)
        let protectedBytes = Atomic<Int>(0)
        /// For the only queue, or each of three, where its tail is in the order of all stripes,
        /// from 1; 0: it is empty.
        let tail = Atomic<UInt64>(0)
        let probationTail = Atomic<UInt64>(0)
        let protectedTail = Atomic<UInt64>(0)
    }

    /// What all stripes share; they read it with each use.
    struct Shared: ~Copyable {
        /// Epochs, with 32 bits after the point.
        let clock = Atomic<UInt64>(0)
        /// How often the frequencies were halved, with 32 bits after the point.
        let age = Atomic<UInt64>(0)
        /// The priority that the last victim of LFU had.
        let floor = Atomic<UInt64>(0)
        /// What the window may take, in 65,536ths of the bytes.
        let windowShare = Atomic<Int>(WindowTrial.firstShare)
        /// Which keys the trial of windows sees: those whose mixed hash has none of these bits.
        let sampleMask = Atomic<UInt64>(0)
        /// How many entries are on their way that made others go for their room.
        let arriving = Atomic<Int>(0)
        /// Whether room was ever short. Until then nobody knows how large the cache is.
        let isFull = Atomic<Bool>(false)
        /// Whether the window of all stripes together is smaller than it should be.
        let isWindowShort = Atomic<Bool>(false)
    }

    let policy: EvictionPolicyName
    /// Its place among all names.
    let policyIndex: Int
    let stripeCount: Int
    let trial: Locked<WindowTrial>
    // Holds: it lives as long as the domain, and has nothing but atomics.
    nonisolated(unsafe) let shared: UnsafeMutablePointer<Shared>
    // Holds: as above.
    nonisolated(unsafe) private let reports: UnsafeMutablePointer<Report>

    init(_ policy: EvictionPolicyName, stripes: Int) {
        self.policy = policy
        policyIndex = EvictionPolicyName.allCases.firstIndex(of: policy) ?? 0
        stripeCount = stripes
        trial = Locked(WindowTrial())
        shared = Self.lines(1, of: Shared.self)
        shared.initialize(to: Shared())
        reports = Self.lines(stripes, of: Report.self)
        for stripe in 0..<stripes { (reports + stripe).initialize(to: Report()) }
        if policy == .tinylfu {
            shared.pointee.sampleMask.store(WindowTrial.smallestRate - 1, ordering: .relaxed)
        }
    }

    deinit {
        shared.deinitialize(count: 1)
        shared.deallocate()
        reports.deinitialize(count: stripeCount)
        reports.deallocate()
    }

    private static func lines<Value: ~Copyable>(
        _ count: Int, of type: Value.Type
    ) -> UnsafeMutablePointer<Value> {
        let bytes = count * MemoryLayout<Value>.stride
        return UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
            .bindMemory(to: type, capacity: count)
    }

    /// The clock by which a use of an entry may concern nobody; nil where each one does.
    var useClock: UnsafeMutablePointer<Shared>? { policy == .tinylfu ? shared : nil }

    func report(of stripe: Int) -> UnsafeMutablePointer<Report> { reports + stripe }

    /// The reports of all stripes, or of some where there are many: a stripe and its report.
    func forEachReport(from start: Int, _ body: (Int, borrowing Report) -> Void) {
        let start = stripeCount > Self.maxReports ? start : 0
        for offset in 0..<min(stripeCount, Self.maxReports) {
            let stripe = (start &+ offset) & (stripeCount - 1)
            body(stripe, reports[stripe])
        }
    }

    /// How many bytes the stripes have that are looked at.
    func bytes(from start: Int) -> Int {
        var bytes = 0
        forEachReport(from: start) { bytes += $1.bytes.load(ordering: .relaxed) }
        return bytes
    }

    /// How many entries there are; where there are many stripes, as far as some of them tell.
    func entries() -> Int {
        var entries = 0
        forEachReport(from: 0) { entries += $1.entries.load(ordering: .relaxed) }
        return entries * max(1, stripeCount / Self.maxReports)
    }
}
