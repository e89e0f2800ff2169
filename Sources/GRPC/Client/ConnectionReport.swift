// What a connection tells whoever holds it; any thread.

import Synchronization

/// The line between a connection's event loop and its owner.
final class ConnectionReport: Sendable {
    enum Event: Sendable {
        /// It takes no more calls; those that it has go on.
        case goingAway(tooManyPings: Bool)
        case closed
    }

    private let taking = Atomic<Bool>(true)
    private let hear: @Sendable (Event) -> Void

    /// `hear` is called on the connection's event loop.
    init(_ hear: @escaping @Sendable (Event) -> Void = { _ in }) { self.hear = hear }

    /// Whether a call may be begun; known at once everywhere.
    var takesCalls: Bool { taking.load(ordering: .acquiring) }

    func stopTaking() { taking.store(false, ordering: .releasing) }

    func tell(_ event: Event) {
        stopTaking()
        hear(event)
    }
}
