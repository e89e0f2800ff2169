// Which stripe of a domain is to give room; lock-free, any thread. What was read may have changed
// by the time it is used: who acts on it looks again under the stripe's lock.

import Synchronization

extension PolicyDomain {
    /// What the stripes have together, and where the oldest of each queue is.
    struct Overview {
        var entries = 0
        var bytes = 0
        var windowBytes = 0
        var protectedBytes = 0
        /// The stripes whose tails are first in the order of window, probation and protected.
        var oldest: (Int?, Int?, Int?)

        /// What the window may have.
        let windowShare: Int

        var windowTarget: Int { (bytes * windowShare) >> 16 }

        private var meanBytes: Int { bytes / max(1, entries) }

        /// How many entries are on their way: to several, the window is full before they are there.
        let arriving: Int

        /// Whether the entries on their way, of the mean size, are too much for the window.
        var isWindowFull: Bool { windowBytes + arriving * meanBytes > windowTarget }

        var isWindowTooLarge: Bool { windowBytes > windowTarget }

        var isProtectedTooLarge: Bool {
            protectedBytes > (bytes - windowTarget) / 5 * TinyLFUPolicy.protectedFifths
        }
    }

    /// Whether the stripes have too few entries for each to evict its own.
    var isSparse: Bool { entries() < Self.entriesOfLargeStripe * stripeCount }

    func overview(from start: Int) -> Overview {
        var view = Overview(
            windowShare: shared.pointee.windowShare.load(ordering: .relaxed),
            arriving: max(1, shared.pointee.arriving.load(ordering: .relaxed)))
        var places: (UInt64, UInt64, UInt64) = (.max, .max, .max)
        func take(_ place: UInt64, _ stripe: Int, _ best: inout UInt64, _ oldest: inout Int?) {
            guard place > 0, place < best else { return }
            best = place
            oldest = stripe
        }
        forEachReport(from: start) { stripe, report in
            view.entries += report.entries.load(ordering: .relaxed)
            view.bytes += report.bytes.load(ordering: .relaxed)
            view.windowBytes += report.windowBytes.load(ordering: .relaxed)
            view.protectedBytes += report.protectedBytes.load(ordering: .relaxed)
            take(report.tail.load(ordering: .relaxed), stripe, &places.0, &view.oldest.0)
            take(report.probationTail.load(ordering: .relaxed), stripe, &places.1, &view.oldest.1)
            take(report.protectedTail.load(ordering: .relaxed), stripe, &places.2, &view.oldest.2)
        }
        return view
    }

    /// The stripe whose next to go is the first of all; of a policy that keeps no order, any
    /// stripe, as likely as it has entries.
    func stripeOfFirst(from start: Int, chance: UInt64) -> Int? {
        guard policy == .random else { return overview(from: start).oldest.0 }
        let entries = self.entries()
        guard entries > 0 else { return nil }
        var left = Int(chance % UInt64(entries))
        var found: Int?
        forEachReport(from: 0) { stripe, report in
            left -= report.entries.load(ordering: .relaxed)
            if left < 0, found == nil { found = stripe }
        }
        return found
    }

    /// Tells the stripes that room is short, and whether their windows are.
    func tellShortage(window isWindowShort: Bool = false) {
        if !shared.pointee.isFull.load(ordering: .relaxed) {
            shared.pointee.isFull.store(true, ordering: .relaxed)
        }
        if shared.pointee.isWindowShort.load(ordering: .relaxed) != isWindowShort {
            shared.pointee.isWindowShort.store(isWindowShort, ordering: .relaxed)
        }
    }
}
