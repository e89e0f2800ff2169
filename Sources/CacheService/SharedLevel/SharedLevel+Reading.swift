// Reads through both levels: a look into memory, then at most one look-up in the shared level;
// on the event loop of the call.

import CacheEngine
import GRPC
import NIOCore
import RedisClient
import Synchronization

/// What a read came to.
enum ReadAnswer {
    /// The entry, in memory of ours.
    case entry(CacheEntry, ReadSource)
    /// The entry as the shared level sent it.
    case stored(StoredEntry)
    /// There is none.
    case absent
    /// Nobody knows.
    case failed(GRPCStatus)

    /// Whether there is an entry; nil: nobody knows.
    var isHit: Bool? {
        switch self {
        case .entry, .stored: true
        case .absent: false
        case .failed: nil
        }
    }
}

/// Where an entry comes from, and how sure it is.
enum ReadSource {
    case memory
    case memoryPastItsTime
    case sharedLevel
}

extension SharedLevel {
    /// Where a read stands after a look into memory.
    enum Look {
        case answered(ReadAnswer)
        /// The shared level has to be asked.
        case ahead(Fetch)
    }

    /// How the shared level is asked.
    enum Fetch {
        /// For this caller alone.
        case alone
        /// For this caller and those who join; memory gets what comes.
        case leads(Fill)
        /// Somebody asks already.
        case joins(FillWait)
    }

    /// Looks for a key in what is still to be sent and, unless `skipsL1`, in memory.
    func look(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, skipsL1: Bool,
        now: Timestamp, loop: Int
    ) -> Look {
        if let pending = queue.pending(key, now: now) {
            switch pending {
            case .set(let entry):
                namespace.counters[loop].hits.count()
                return .answered(.entry(entry, .memory))
            case .remove:
                namespace.counters[loop].misses.count()
                return .answered(.absent)
            }
        }
        guard namespace.policy.usesL1, !skipsL1 else { return .ahead(.alone) }
        let partition = namespace.partition(of: key)
        switch engine.board(key, partition: partition, now: now) {
        case .hit(let entry): return .answered(.entry(entry, .memory))
        case .joins(let wait): return .ahead(.joins(wait))
        case .leads(let fill): return .ahead(.leads(fill))
        case .refused: return .ahead(.alone)
        }
    }

    /// Asks the shared level, or waits for who does, until the deadline. The sink is told once, on
    /// the loop, perhaps before this returns.
    func fetch<Sink: ReadSink>(
        _ fetch: Fetch, _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace,
        _ read: PendingRead<Sink>, loop: Int, deadline: NIODeadline
    ) {
        switch fetch {
        case .alone: ask(key, namespace, loop: loop, deadline: deadline) { read.received($0) }
        case .leads(let fill):
            fill.ends(at: deadline.uptimeNanoseconds)
            ask(key, namespace, loop: loop, deadline: deadline) { read.received($0, for: fill) }
        case .joins(let wait): join(wait, namespace, read, loop: loop, deadline: deadline)
        }
    }

    private func ask(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, loop: Int,
        deadline: NIODeadline, _ completion: @escaping RedisRouter.Completion
    ) {
        namespace.pool.servers.withRouter(loop: loop) { router in
            namespace.pool.store.get(
                key, on: router, readsReplica: namespace.policy.readFrom == .replica,
                deadline: deadline, completion)
        }
    }
}
