// Owns room taken from a budget and not yet used; lives on one thread for one write.

import Synchronization

/// Room on its way from evicted entries, or from what is free, to the entry that needs it.
///
/// What a write evicts goes to its reservation and not back to the budget, so that no other
/// write can take it meanwhile: a write makes progress with every entry it evicts.
struct Reservation {
    private(set) var budget: Budget?
    private var bytes = 0
    private var entries = 0
    /// Where the entry will be in order, if it made others go for its room.
    private var domain: PolicyDomain?

    /// Turns to `budget`, giving back what was held of another one.
    mutating func turn(to budget: Budget) {
        guard self.budget !== budget else { return }
        giveBack()
        self.budget = budget
    }

    /// Whether it now holds so much, after taking from the budget what was missing.
    mutating func cover(bytes neededBytes: Int, entries neededEntries: Int) -> Bool {
        let missingBytes = max(0, neededBytes - bytes)
        let missingEntries = max(0, neededEntries - entries)
        guard let budget, budget.reserve(bytes: missingBytes, entries: missingEntries) else {
            return false
        }
        bytes += missingBytes
        entries += missingEntries
        return true
    }

    /// Keeps the room of an evicted entry.
    mutating func credit(bytes count: Int, entries entryCount: Int) {
        bytes += count
        entries += entryCount
    }

    /// Uses so much (less than nothing when an entry shrinks) and gives back the rest.
    mutating func spend(bytes count: Int, entries entryCount: Int) {
        bytes -= count
        entries -= entryCount
        giveBack()
    }

    /// Says that an entry of `domain` is on its way, until it is there or its room is given back.
    mutating func announce(in domain: PolicyDomain) {
        guard self.domain == nil else { return }
        self.domain = domain
        domain.shared.pointee.arriving.add(1, ordering: .relaxed)
    }

    mutating func giveBack() {
        if let domain { domain.shared.pointee.arriving.subtract(1, ordering: .relaxed) }
        domain = nil
        budget?.release(bytes: bytes, entries: entries)
        bytes = 0
        entries = 0
    }
}
