// Owns the names of the eviction policies; a value.

/// How a full namespace makes room. Each policy is one file in Policies.
public enum EvictionPolicyName: String, Hashable, Sendable, CaseIterable {
    /// What is used least for its time here goes first, and a new entry stays only if it is used
    /// more than what it would replace: W-TinyLFU, whose window adapts to the load.
    case tinylfu
    /// The least recently used entry goes first.
    case lru
    /// The entry used least often goes first; old fame fades.
    case lfu
    /// The entry that came first goes first, used or not.
    case fifo
    /// Any entry, each as likely as the other.
    case random
    /// The entry that frees most room for least use goes first.
    case size
    /// Nothing is ever evicted for room: what does not fit is refused.
    case none

    /// What a namespace has that names none.
    public static let standard = tinylfu
}
