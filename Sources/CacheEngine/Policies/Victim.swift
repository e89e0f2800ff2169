// Owns what a policy answers when it is asked for room; a value.

/// Why an entry was evicted.
public enum EvictionReason: Int, CaseIterable, Sendable {
    /// It was next in the policy's order.
    case order
    /// It was used less than an entry that took its place.
    case outcompeted
    /// It was new, and used less than what it would have replaced.
    case notAdmitted
    /// A budget became smaller.
    case shrunk

    /// Its name, as people see it.
    public var name: String {
        switch self {
        case .order: "order"
        case .outcompeted: "outcompeted"
        case .notAdmitted: "not_admitted"
        case .shrunk: "shrunk"
        }
    }
}

/// The next to go.
struct Victim {
    let slot: Int
    let reason: EvictionReason
}
