// Sends to the shared level what was acknowledged before; a task on an event loop.

import CacheEngine
import NIOCore
import RedisClient

/// What the queue of pending writes needs to know of the levels.
struct WriteBehindSender: Sendable {
    let loops: [SharedLoop]
    let engine: CacheEngine
    let clock: ServiceClock
    let timeout: Duration

    /// Sends one write, has memory hold what came of it, and gives its version.
    func send(_ write: PendingWrite, loop: Int) async throws(RedisError) -> UInt64 {
        let namespace = write.key.withUnsafeBytes { loops[loop].table[$0] }
        switch write.change {
        case .set(let entry): return try await set(entry, write, namespace, loop)
        case .remove: return try await remove(write, namespace, loop)
        }
    }

    private func set(
        _ entry: CacheEntry, _ write: PendingWrite, _ namespace: SharedNamespace, _ loop: Int
    ) async throws(RedisError) -> UInt64 {
        let outgoing = OutgoingEntry(entry, namespace, engine: engine)
        let outcome = try await outgoing.send(
            OutgoingChange(writer: write.writer), condition: .none, loop: loop, now: clock.now(),
            deadline: .now() + TimeAmount(timeout))
        guard case .stored(let version) = outcome else {
            throw RedisError(.protocolViolation, "an unconditional set was refused")
        }
        return version
    }

    private func remove(
        _ write: PendingWrite, _ namespace: SharedNamespace, _ loop: Int
    ) async throws(RedisError) -> UInt64 {
        let change = write.key.withUnsafeBytes { OutgoingChange(key: $0, writer: write.writer) }
        defer { withExtendedLifetime(change) {} }
        let outcome = try await namespace.pool.store.delete(
            change.key, change.made(namespace, now: clock.now()),
            on: namespace.pool.servers[loop: loop], deadline: .now() + TimeAmount(timeout))
        engine.drop(change.key, olderThan: .max)
        return outcome.version
    }
}
