// What a change of the shared level needs while it waits for its answer; one task at a time.

import CacheEngine
import NIOCore
import RedisClient

/// The bytes of a change in one place that stays, for the request's own are gone by then.
final class OutgoingChange: @unchecked Sendable {  // holds: written by `init` alone
    private let memory: UnsafeMutableRawBufferPointer
    private let keyCount: Int
    private let writerCount: Int

    init(
        key: UnsafeRawBufferPointer = Change.nothing, writer: [UInt8] = [], cause: [UInt8] = []
    ) {
        keyCount = key.count
        writerCount = writer.count
        memory = .allocate(byteCount: key.count + writer.count + cause.count, alignment: 1)
        memory.copyBytes(from: key)
        UnsafeMutableRawBufferPointer(rebasing: memory[keyCount...]).copyBytes(from: writer)
        let rest = memory[(keyCount + writerCount)...]
        UnsafeMutableRawBufferPointer(rebasing: rest).copyBytes(from: cause)
    }

    deinit { memory.deallocate() }

    /// Valid for as long as this object is kept, as the other bytes are.
    var key: UnsafeRawBufferPointer { bytes(0..<keyCount) }

    /// The change as the store wants it, made now.
    func made(now: Timestamp) -> StoreChange {
        var change = StoreChange(now: now)
        change.writer = bytes(keyCount..<keyCount + writerCount)
        change.cause = bytes(keyCount + writerCount..<memory.count)
        return change
    }

    /// The change of an entry of a namespace, which may tell nobody.
    func made(_ namespace: SharedNamespace, now: Timestamp) -> StoreChange {
        var change = made(now: now)
        change.isAnnounced = namespace.policy.events == .all
        return change
    }

    private func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[range])
    }
}

/// An entry on its way to the shared level, and from there into memory.
struct OutgoingEntry: Sendable {
    let entry: CacheEntry
    let namespace: SharedNamespace
    private let engine: CacheEngine
    private let fill: Fill?

    /// - Parameter entry: A pending one: its bytes, its times, no version.
    init(_ entry: CacheEntry, _ namespace: SharedNamespace, engine: CacheEngine) {
        self.entry = entry
        self.namespace = namespace
        self.engine = engine
        fill =
            namespace.policy.usesL1
            ? withExtendedLifetime(entry) {
                engine.beginWrite(entry.key, partition: namespace.partition(of: entry.key))
            } : nil
    }

    /// Stores it where it is shared. Memory then has the same, or nothing.
    func send(
        _ change: OutgoingChange, condition: SetCondition, loop: Int, now: Timestamp,
        deadline: NIODeadline
    ) async throws(RedisError) -> StoreOutcome {
        // The calls below borrow their bytes.
        defer { withExtendedLifetime((entry, change)) {} }
        var write = StoreWrite(
            draft: entry.draft, createdAt: entry.createdAt, expiresAt: entry.expiresAt)
        write.softExpiresAt = entry.softExpiresAt
        write.condition = condition
        do throws(RedisError) {
            let outcome = try await namespace.pool.store.set(
                write, change.made(namespace, now: now), on: namespace.pool.servers[loop: loop],
                deadline: deadline)
            finish(outcome, now: now)
            return outcome
        } catch {
            abandon(mayBeDone: !error.isCertainlyUnexecuted)
            throw error
        }
    }

    private func finish(_ outcome: StoreOutcome, now: Timestamp) {
        guard case .stored(let version) = outcome else { return refused(outcome) }
        // Without revisions nobody can tell which of two reads and writes that meet is older:
        // memory is filled by reads alone, that began after the last write.
        guard let fill, namespace.policy.events == .all else { return abandon(mayBeDone: true) }
        let stamp = SharedStamp(
            version: version, createdAt: entry.createdAt, expiresAt: entry.expiresAt,
            softExpiresAt: entry.softExpiresAt, heldUntil: now + namespace.heldFor)
        engine.landWrite(fill, entry.draft, stamp, now: now)
    }

    /// Ends without an entry. Who was told which version there is reads nothing older here.
    private func refused(_ outcome: StoreOutcome) {
        abandon(mayBeDone: false)
        guard namespace.policy.usesL1 else { return }
        var current = UInt64.max
        // Without revisions clocks count, which may differ.
        if case .notStored(_, let version) = outcome, version > 0, namespace.policy.events == .all {
            current = version
        }
        withExtendedLifetime(entry) { _ = engine.drop(entry.key, olderThan: current) }
    }

    /// Ends without an entry; where the write may have been made, memory forgets the key.
    private func abandon(mayBeDone: Bool) {
        if let fill { engine.finish(fill, .success(nil)) }
        guard mayBeDone, namespace.policy.usesL1 else { return }
        withExtendedLifetime(entry) { _ = engine.drop(entry.key, olderThan: .max) }
    }
}
