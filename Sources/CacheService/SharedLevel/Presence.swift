// What Exists asks both levels: whether there is an entry, without its value; the call's event
// loop.

import CacheEngine
import GRPC
import NIOCore
import RedisClient
import Synchronization

/// An entry that exists.
struct Presence {
    let version: UInt64
    let expiresAt: Timestamp

    init(_ entry: CacheEntry) {
        version = entry.version
        expiresAt = entry.expiresAt
    }

    init(_ head: StoredHead) {
        version = head.version
        expiresAt = head.expiresAt
    }
}

extension SharedLevel {
    /// What this instance knows without asking: `.some(nil)`: there is none; nil: it has to ask.
    func known(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, now: Timestamp
    ) -> Presence?? {
        switch queue.pending(key, now: now) {
        case .set(let entry): return .some(Presence(entry))
        case .remove: return .some(nil)
        case nil: break
        }
        guard namespace.policy.usesL1, let entry = engine.peek(key, now: now) else { return nil }
        return .some(Presence(entry))
    }

    /// Asks the shared level whether an entry exists. `completion` is called once, on the loop.
    func head(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, now: Timestamp, loop: Int,
        deadline: NIODeadline?, _ completion: @escaping (Result<Presence?, GRPCStatus>) -> Void
    ) {
        let old =
            namespace.policy.onFailure == .serveL1
            ? engine.suspendedEntry(key, now: now).map(Presence.init) : nil
        namespace.pool.store.head(
            key, on: namespace.pool.servers[loop: loop],
            readsReplica: namespace.policy.readFrom == .replica,
            deadline: self.deadline(deadline)
        ) { result in
            switch result {
            case .success(let head?) where !head.isNegative && head.expiresAt > now:
                completion(.success(Presence(head)))
            case .success: completion(.success(nil))
            case .failure(let error):
                namespace.counters[loop].l2Errors.count()
                switch namespace.policy.onFailure {
                case .error: completion(.failure(namespace.status(error, deadline: deadline)))
                case .bypass: completion(.success(nil))
                case .serveL1: completion(.success(old))
                }
            }
        }
    }
}
