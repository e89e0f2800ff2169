// Owns the closed set of eviction policies; an instance belongs to one stripe and its lock.

/// The order in which the entries of a segment leave when there is no room.
///
/// Each policy is one struct in a file of its own, and a case here. It is told of each entry's
/// coming, use and going, keeps its order in the slots' links and marks, and names the next to
/// go. It lives in memory of its own, so that a call changes it in place.
enum EvictionPolicy {
    case tinylfu(UnsafeMutablePointer<TinyLFUPolicy>)
    case lru(UnsafeMutablePointer<LRUPolicy>)
    case lfu(UnsafeMutablePointer<LFUPolicy>)
    case fifo(UnsafeMutablePointer<FIFOPolicy>)
    case arbitrary(UnsafeMutablePointer<RandomPolicy>)
    case size(UnsafeMutablePointer<SizePolicy>)
    case none(NoEvictionPolicy)

    /// A policy without entries. Its owner has to call ``destroy``.
    init(_ domain: PolicyDomain, stripe: Int) {
        let member = DomainMember(domain, stripe: stripe)
        switch domain.policy {
        case .tinylfu: self = .tinylfu(Self.place(TinyLFUPolicy(member)))
        case .lru: self = .lru(Self.place(LRUPolicy(member)))
        case .lfu: self = .lfu(Self.place(LFUPolicy(member)))
        case .fifo: self = .fifo(Self.place(FIFOPolicy(member)))
        case .random: self = .arbitrary(Self.place(RandomPolicy(member, stripe: stripe)))
        case .size: self = .size(Self.place(SizePolicy(member)))
        case .none: self = .none(NoEvictionPolicy())
        }
    }

    private static func place<Policy: ~Copyable>(
        _ policy: consuming Policy
    ) -> UnsafeMutablePointer<Policy> {
        let memory = UnsafeMutablePointer<Policy>.allocate(capacity: 1)
        memory.initialize(to: policy)
        return memory
    }

    private static func free<Policy: ~Copyable>(_ policy: UnsafeMutablePointer<Policy>) {
        policy.deinitialize(count: 1)
        policy.deallocate()
    }

    func destroy() {
        switch self {
        case .tinylfu(let policy): Self.free(policy)
        case .lru(let policy): Self.free(policy)
        case .lfu(let policy): Self.free(policy)
        case .fifo(let policy): Self.free(policy)
        case .arbitrary(let policy): Self.free(policy)
        case .size(let policy): Self.free(policy)
        case .none: break
        }
    }

    func inserted(_ slot: Int, hash: UInt64, in slots: Slots) {
        switch self {
        case .tinylfu(let policy): policy.pointee.inserted(slot, hash: hash, in: slots)
        case .lru(let policy): policy.pointee.inserted(slot, in: slots)
        case .lfu(let policy): policy.pointee.inserted(slot, in: slots)
        case .fifo(let policy): policy.pointee.inserted(slot, in: slots)
        case .arbitrary(let policy): policy.pointee.inserted(slot, in: slots)
        case .size(let policy): policy.pointee.inserted(slot, in: slots)
        case .none: break
        }
    }

    @inline(__always)
    func used(_ slot: Int, hash: UInt64, in slots: Slots) {
        switch self {
        case .tinylfu(let policy): policy.pointee.used(slot, hash: hash, in: slots)
        case .lru(let policy): policy.pointee.used(slot, in: slots)
        case .lfu(let policy): policy.pointee.used(slot, in: slots)
        case .size(let policy): policy.pointee.used(slot, in: slots)
        case .fifo, .arbitrary, .none: break
        }
    }

    /// The slot `new` has another value of the key that `old` had: a use.
    func replaced(_ old: Int, by new: Int, hash: UInt64, in slots: Slots) {
        switch self {
        case .tinylfu(let policy): policy.pointee.replaced(old, by: new, hash: hash, in: slots)
        case .lru(let policy): policy.pointee.replaced(old, by: new, in: slots)
        case .lfu(let policy): policy.pointee.replaced(old, by: new, in: slots)
        case .fifo(let policy): policy.pointee.replaced(old, by: new, in: slots)
        case .arbitrary(let policy): policy.pointee.replaced(old, by: new, in: slots)
        case .size(let policy): policy.pointee.replaced(old, by: new, in: slots)
        case .none: break
        }
    }

    func removed(_ slot: Int, in slots: Slots) {
        switch self {
        case .tinylfu(let policy): policy.pointee.removed(slot, in: slots)
        case .lru(let policy): policy.pointee.removed(slot, in: slots)
        case .lfu(let policy): policy.pointee.removed(slot, in: slots)
        case .fifo(let policy): policy.pointee.removed(slot, in: slots)
        case .arbitrary(let policy): policy.pointee.removed(slot, in: slots)
        case .size(let policy): policy.pointee.removed(slot, in: slots)
        case .none: break
        }
    }

    /// The next to go of this stripe, but not `spared`; nil when nothing may go.
    func victim(sparing spared: Int?, in slots: Slots) -> Victim? {
        switch self {
        case .tinylfu(let policy): policy.pointee.victim(sparing: spared, in: slots)
        case .lru(let policy): policy.pointee.victim(sparing: spared, in: slots)
        case .lfu(let policy): policy.pointee.victim(sparing: spared, in: slots)
        case .fifo(let policy): policy.pointee.victim(sparing: spared, in: slots)
        case .arbitrary(let policy): policy.pointee.victim(sparing: spared, in: slots)
        case .size(let policy): policy.pointee.victim(sparing: spared, in: slots)
        case .none(let policy): policy.victim(sparing: spared, in: slots)
        }
    }
}

extension EvictionPolicy {
    /// The first slot of the order; for a change of policy, which takes them out one by one. Nil
    /// where there is none, or no order.
    func first(in slots: Slots) -> Int? {
        switch self {
        case .tinylfu(let policy): policy.pointee.first(in: slots)
        case .lru(let policy): policy.pointee.first(in: slots)
        case .lfu(let policy): policy.pointee.first(in: slots)
        case .fifo(let policy): policy.pointee.first(in: slots)
        case .arbitrary(let policy): policy.pointee.first()
        case .size(let policy): policy.pointee.first(in: slots)
        case .none: nil
        }
    }

    /// Forgets all entries, which are gone.
    func clear() {
        switch self {
        case .tinylfu(let policy): policy.pointee.clear()
        case .lru(let policy): policy.pointee.clear()
        case .lfu(let policy): policy.pointee.clear()
        case .fifo(let policy): policy.pointee.clear()
        case .arbitrary(let policy): policy.pointee.clear()
        case .size(let policy): policy.pointee.clear()
        case .none: break
        }
    }

    /// How many entries and bytes may be evicted here.
    var holdings: (entries: Int, bytes: Int) {
        switch self {
        case .tinylfu(let policy): Self.holdings(policy.pointee.member)
        case .lru(let policy): Self.holdings(policy.pointee.member)
        case .lfu(let policy): Self.holdings(policy.pointee.member)
        case .fifo(let policy): Self.holdings(policy.pointee.member)
        case .arbitrary(let policy): Self.holdings(policy.pointee.member)
        case .size(let policy): Self.holdings(policy.pointee.member)
        case .none: (0, 0)
        }
    }

    @inline(__always)
    private static func holdings(_ member: borrowing DomainMember) -> (Int, Int) {
        (member.entries, member.bytes)
    }
}
