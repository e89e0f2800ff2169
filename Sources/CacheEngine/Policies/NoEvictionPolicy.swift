// Owns the refusal to evict; belongs to one stripe and its lock.

/// Keeps no order and gives nothing up: a full budget refuses new entries instead.
struct NoEvictionPolicy {
    func victim(sparing spared: Int?, in slots: Slots) -> Victim? { nil }
}
