// Who waits until changes of their own have come back by the feed; a value, guarded by its
// owner's lock.

/// Waiters, each for a revision of one or more partitions.
struct AppliedWaiters: Sendable {
    typealias Resume = @Sendable () -> Void

    private struct Waiter: Sendable {
        var missing: [Int: UInt64]
        let resume: Resume
    }

    private var waiters: [Int: Waiter] = [:]
    private var lastID = 0

    var isEmpty: Bool { waiters.isEmpty }

    /// Adds one; its number is for ``take(_:)``.
    mutating func add(_ missing: [Int: UInt64], _ resume: @escaping Resume) -> Int {
        lastID += 1
        waiters[lastID] = Waiter(missing: missing, resume: resume)
        return lastID
    }

    /// A partition has come so far; who waits for nothing more is to be resumed.
    mutating func reached(_ partition: Int, _ revision: UInt64) -> [Resume] {
        var ready: [Resume] = []
        for (id, waiter) in waiters {
            guard let wanted = waiter.missing[partition], wanted <= revision else { continue }
            waiters[id]?.missing[partition] = nil
            if waiter.missing.count == 1 {
                waiters[id] = nil
                ready.append(waiter.resume)
            }
        }
        return ready
    }

    /// Takes one out that has waited for long enough.
    mutating func take(_ id: Int) -> Resume? { waiters.removeValue(forKey: id)?.resume }
}
