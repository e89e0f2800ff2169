// Owns the closed set of eviction policies; an instance belongs to one stripe and its lock.

/// The order in which the entries of a segment leave when there is no room.
///
/// Each policy is one struct in a file of its own, and a case here. It is told of each entry's
/// coming, use and going, keeps its order in the slots' links, and names the next to go.
enum EvictionPolicy {
    case lru(LRUPolicy)
    case none(NoEvictionPolicy)

    init(_ name: EvictionPolicyName) {
        switch name {
        case .lru: self = .lru(LRUPolicy())
        case .none: self = .none(NoEvictionPolicy())
        }
    }

    @inline(__always)
    mutating func inserted(_ slot: Int, in slots: Slots) {
        switch self {
        case .lru(var policy):
            policy.inserted(slot, in: slots)
            self = .lru(policy)
        case .none: break
        }
    }

    @inline(__always)
    mutating func used(_ slot: Int, in slots: Slots) {
        switch self {
        case .lru(var policy):
            policy.used(slot, in: slots)
            self = .lru(policy)
        case .none: break
        }
    }

    /// The slot `new` takes the place of `old` in the order: the same key has another value.
    @inline(__always)
    mutating func moved(from old: Int, to new: Int, in slots: Slots) {
        switch self {
        case .lru(var policy):
            policy.moved(from: old, to: new, in: slots)
            self = .lru(policy)
        case .none: break
        }
    }

    @inline(__always)
    mutating func removed(_ slot: Int, in slots: Slots) {
        switch self {
        case .lru(var policy):
            policy.removed(slot, in: slots)
            self = .lru(policy)
        case .none: break
        }
    }

    /// The next to go, but not `spared`; nil when nothing may go.
    func victim(sparing spared: Int?, in slots: Slots) -> Int? {
        switch self {
        case .lru(let policy): policy.victim(sparing: spared, in: slots)
        case .none(let policy): policy.victim(sparing: spared, in: slots)
        }
    }

    /// Every slot of the order, the next to go first; for a change of policy.
    func order(in slots: Slots) -> [Int] {
        switch self {
        case .lru(let policy): policy.order(in: slots)
        case .none: []
        }
    }
}
