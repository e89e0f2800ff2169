// Owns what one stripe keeps of one namespace; guarded by the stripe's lock.

import Synchronization

/// What happened in a namespace, as far as it happened in one stripe, and where its entries are in
/// order. What a hit needs comes first, on one cache line.
struct Account {
    /// The segment whose policy has the entries of the namespace.
    let segment: Int
    // Holds: it lives as long as the domain, which the stripe's policies keep.
    private let clock: UnsafeMutablePointer<PolicyDomain.Shared>?
    var counters: Counters

    init(_ counters: Counters = Counters(), segment: Int, of segments: [NamespaceTable.Segment]) {
        self.counters = counters
        self.segment = segment
        clock = segments[segment].domain.useClock
    }

    /// Whether the policy is to hear of a use of an entry that has this mark.
    @inline(__always)
    func isNews(_ mark: UInt8) -> Bool {
        guard let clock else { return true }
        return TinyLFUPolicy.isNews(mark, at: clock.pointee.clock.load(ordering: .relaxed) &>> 32)
    }
}
