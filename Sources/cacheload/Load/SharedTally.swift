// A tally that several workers fill; any task.

import Locks

/// A tally behind a lock.
final class SharedTally: Sendable {
    private let tally = Locked(Tally())

    func count(_ outcome: Tally.Outcome, took span: Duration) {
        tally.withLock { $0.count(outcome, took: span) }
    }

    func countUnsent(_ count: Int) { tally.withLock { $0.countUnsent(count) } }

    var value: Tally { tally.withLock { $0 } }
}
