// Owns what the process knows of one shard over all its event loops; any thread.

import CacheEngine
import Locks
import NIOCore

/// A shard's state, breaker and latencies. It tells every transition once.
final class ShardHealth: Sendable {
    private struct Status {
        var master: RedisAddress
        var connected: Set<ObjectIdentifier> = []
        var state = RedisShardView.State.connecting
        var toldRefused = false
    }

    /// Its identity.
    let id: RedisShardID
    /// Its breaker.
    let breaker: ShardBreaker
    /// How long its commands take.
    let latency = LatencyHistogram()
    private let status: Locked<Status>
    private let report: @Sendable (RedisPoolEvent) -> Void

    init(
        _ id: RedisShardID, master: RedisAddress, breaker: ShardBreaker,
        report: @escaping @Sendable (RedisPoolEvent) -> Void
    ) {
        self.id = id
        self.breaker = breaker
        self.report = report
        status = Locked(Status(master: master))
    }

    /// How the process stands to the master.
    var state: RedisShardView.State { status.withLock { $0.state } }

    /// Whether its master cannot be reached.
    var isUnreachable: Bool { status.withLock { $0.state == .down } }

    /// A link is connected to the server at `address`.
    func connected(_ link: ObjectIdentifier, to address: RedisAddress) {
        let event: RedisPoolEvent? = status.withLock { status in
            guard address == status.master else { return nil }
            status.connected.insert(link)
            status.toldRefused = false
            guard status.state != .up else { return nil }
            status.state = .up
            return .connected(id, address)
        }
        if let event {
            report(event)
            breaker.serverConnected()
        }
    }

    /// A link to the server at `address` is lost, or could not be made.
    func failed(_ link: ObjectIdentifier, to address: RedisAddress, _ error: RedisError) {
        let events: [RedisPoolEvent] = status.withLock { status in
            guard address == status.master else { return [] }
            status.connected.remove(link)
            var events: [RedisPoolEvent] = []
            if error.needsCorrection, !status.toldRefused {
                status.toldRefused = true
                events.append(
                    error.code == .incompatible
                        ? .incompatible(id, error) : .accessRefused(id, error))
            }
            guard status.connected.isEmpty, status.state != .down else { return events }
            status.state = .down
            if events.isEmpty { events.append(.disconnected(id, error)) }
            return events
        }
        events.forEach(report)
    }

    /// Another server is the master; true: it really is another.
    func replaceMaster(by address: RedisAddress, now: NIODeadline) -> Bool {
        let old = status.withLock { status in
            let old = status.master
            if old != address { status = Status(master: address) }
            return old
        }
        guard old != address else { return false }
        report(.masterChanged(id, from: old, to: address))
        breaker.serverReplaced(now: now)
        return true
    }
}
