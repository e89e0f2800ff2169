// Owns how many connections the process may have to a pool's servers; any thread.

import Synchronization

/// A count with a cap.
final class ConnectionQuota: Sendable {
    /// One connection's place, which is given back once however its end is told.
    final class Place: Sendable {
        private let quota: ConnectionQuota
        private let isHeld = Atomic(true)

        fileprivate init(_ quota: ConnectionQuota) { self.quota = quota }

        /// Gives it back.
        func give() {
            if isHeld.exchange(false, ordering: .relaxed) {
                quota.taken.wrappingSubtract(1, ordering: .relaxed)
            }
        }
    }

    private let limit: Int
    private let taken = Atomic(0)

    init(_ limit: Int) {
        self.limit = limit
    }

    /// Takes a place; nil: all are taken.
    func take() -> Place? {
        let place = Place(self)
        if taken.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return place }
        place.give()
        return nil
    }

    /// Why there is none.
    var refusal: RedisError {
        RedisError(
            .connectFailed,
            "all \(limit) connections that REDIS_MAX_CONNECTIONS allows are in use: it has to be "
                + "at least the number of masters")
    }

    /// How many event loops connect by themselves to so many masters; the others share.
    func connectingLoops(of loops: Int, masters: Int) -> Int {
        max(1, min(loops, limit / max(1, masters)))
    }
}
