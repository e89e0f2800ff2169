// Writes of single keys: the shared level first, then memory, then the answer; or, where the
// namespace says so, the queue and the answer first. On the event loop of the call.

import CacheEngine
import NIOCore
import RedisClient
import Synchronization

/// Who writes, where and when.
struct WriteContext: Sendable {
    let writer: [UInt8]
    /// The event loop of the call, by its index.
    let loop: Int
    let now: Timestamp
    /// When the caller gives up; nil: never.
    let deadline: NIODeadline?
}

/// What came of a set.
enum SharedSet: Sendable {
    /// It is stored; the version is 0 while it is still to be sent.
    case stored(version: UInt64, expiresAt: Timestamp)
    case notStored(EngineNotStoredReason, currentVersion: UInt64)
    /// The shared level did not take it, and the namespace goes on without.
    case bypassed
}

/// Where a write stands once it is looked at.
enum WriteStep<Outcome: Sendable, Ahead: Sendable>: Sendable {
    case done(Outcome)
    /// It has to wait for the shared level.
    case ahead(Ahead)
}

extension SharedLevel {
    /// A set that has to wait for the shared level.
    struct SetAhead: Sendable {
        /// What is to be stored, with bytes of its own.
        let entry: CacheEntry
        let condition: SetCondition
        let namespace: SharedNamespace
    }

    /// Takes over what is to be stored; done, if it may be sent later.
    func begin(
        _ draft: EntryDraft, condition: SetCondition, _ context: WriteContext
    ) -> WriteStep<SharedSet, SetAhead> {
        let namespace = namespace(of: draft.key, loop: context.loop)
        let life = namespace.life(
            of: draft.key, draft.ttl, softNanoseconds: draft.softNanoseconds, now: context.now,
            in: engine)
        let entry = CacheEntry.pending(draft, createdAt: context.now.cutToMilliseconds, life)
        if condition == .none, goesBehind(draft.key, namespace, context),
            enqueue(.set(entry), draft.key, namespace, context)
        {
            namespace.counters[context.loop].sets.count()
            return .done(.stored(version: 0, expiresAt: life.expiresAt))
        }
        return .ahead(SetAhead(entry: entry, condition: condition, namespace: namespace))
    }

    /// Stores what could not be done at once.
    func finish(
        _ ahead: SetAhead, _ context: WriteContext
    ) async throws(RedisError) -> SharedSet {
        let (entry, namespace) = (ahead.entry, ahead.namespace)
        defer { withExtendedLifetime(entry) {} }
        do throws(RedisError) {
            let deadline = deadline(context.deadline)
            try await awaitPending(entry.key, namespace, context, deadline)
            let outgoing = OutgoingEntry(entry, namespace, engine: engine)
            let outcome = try await outgoing.send(
                OutgoingChange(writer: context.writer), condition: ahead.condition,
                loop: context.loop, now: context.now, deadline: deadline)
            switch outcome {
            case .stored(let version):
                namespace.counters[context.loop].sets.count()
                return .stored(version: version, expiresAt: entry.expiresAt)
            case .notStored(let reason, let version):
                return .notStored(reason, currentVersion: version)
            case .leaseLost: preconditionFailure("a set of a caller has no lease")
            }
        } catch {
            namespace.counters[context.loop].l2Errors.count()
            switch namespace.policy.onFailure {
            case .error: throw error
            case .bypass: return .bypassed
            case .serveL1:
                guard ahead.condition == .none, error.isOutage,
                    enqueue(.set(entry), entry.key, namespace, context)
                else { throw error }
                namespace.counters[context.loop].sets.count()
                return .stored(version: 0, expiresAt: entry.expiresAt)
            }
        }
    }

    /// A removal that has to wait for the shared level.
    struct DeleteAhead: Sendable {
        let change: OutgoingChange
        let ifVersion: UInt64?
        let namespace: SharedNamespace
    }

    /// Takes over which entry is to be removed; done, if that may be sent later.
    func beginDelete(
        _ key: UnsafeRawBufferPointer, ifVersion: UInt64?, _ context: WriteContext
    ) -> WriteStep<DeleteOutcome, DeleteAhead> {
        let namespace = namespace(of: key, loop: context.loop)
        if ifVersion == nil, goesBehind(key, namespace, context) {
            let existed = isKnown(key, namespace, context)
            if enqueue(.remove, key, namespace, context) {
                return .done(deleteLater(existed, namespace, context))
            }
        }
        let change = OutgoingChange(key: key, writer: context.writer)
        return .ahead(DeleteAhead(change: change, ifVersion: ifVersion, namespace: namespace))
    }

    /// Removes what could not be removed at once.
    func finish(
        _ ahead: DeleteAhead, _ context: WriteContext
    ) async throws(RedisError) -> DeleteOutcome {
        let (change, namespace) = (ahead.change, ahead.namespace)
        defer { withExtendedLifetime(change) {} }
        do throws(RedisError) {
            let deadline = deadline(context.deadline)
            try await awaitPending(change.key, namespace, context, deadline)
            let outcome = try await namespace.pool.store.delete(
                change.key, ifVersion: ahead.ifVersion,
                change.made(namespace, now: context.now),
                on: namespace.pool.servers[loop: context.loop], deadline: deadline)
            forget(change.key, namespace)
            if outcome.deleted { namespace.counters[context.loop].deletes.count() }
            return outcome
        } catch {
            failed(error, change.key, namespace, context)
            guard namespace.policy.onFailure == .serveL1, ahead.ifVersion == nil, error.isOutage
            else { throw error }
            let existed = isKnown(change.key, namespace, context)
            guard enqueue(.remove, change.key, namespace, context) else { throw error }
            return deleteLater(existed, namespace, context)
        }
    }

    /// Gives an entry a new time to live.
    func touch(
        _ change: OutgoingChange, _ namespace: SharedNamespace, expiresAt: Timestamp,
        _ context: WriteContext
    ) async throws(RedisError) -> TouchedEntry? {
        defer { withExtendedLifetime(change) {} }
        do throws(RedisError) {
            let deadline = deadline(context.deadline)
            try await awaitPending(change.key, namespace, context, deadline)
            let touched = try await namespace.pool.store.touch(
                change.key, expiresAt: expiresAt, change.made(namespace, now: context.now),
                on: namespace.pool.servers[loop: context.loop], deadline: deadline)
            // What memory holds has the old expiry and the old version.
            forget(change.key, namespace)
            return touched
        } catch {
            failed(error, change.key, namespace, context)
            throw error
        }
    }

    /// Removes an entry as an invalidation does.
    ///
    /// - Returns: Whether there was one, and the revision of the event.
    func invalidate(
        _ change: OutgoingChange, _ namespace: SharedNamespace, _ context: WriteContext
    ) async throws(RedisError) -> DeleteOutcome {
        defer { withExtendedLifetime(change) {} }
        do throws(RedisError) {
            let deadline = deadline(context.deadline)
            try await awaitPending(change.key, namespace, context, deadline)
            let outcome = try await namespace.pool.store.invalidate(
                change.key, change.made(namespace, now: context.now),
                on: namespace.pool.servers[loop: context.loop], deadline: deadline)
            forget(change.key, namespace)
            if outcome.existed { namespace.counters[context.loop].invalidations.count() }
            return outcome
        } catch {
            failed(error, change.key, namespace, context)
            throw error
        }
    }

    // MARK: - Steps

    /// Whether an unconditional write of the key goes into the queue: always, or because an
    /// earlier one is still in it, which it must not overtake.
    private func goesBehind(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, _ context: WriteContext
    ) -> Bool {
        namespace.policy.writes == .async || queue.pending(key, now: context.now) != nil
    }

    private func enqueue(
        _ change: PendingWrite.Change, _ key: UnsafeRawBufferPointer,
        _ namespace: SharedNamespace, _ context: WriteContext
    ) -> Bool {
        queue.enqueue(
            PendingWrite(
                key: Array(key), change: change, partition: namespace.partition(of: key),
                writer: context.writer))
    }

    /// A write that does not go through the queue must not overtake one that does.
    private func awaitPending(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, _ context: WriteContext,
        _ deadline: NIODeadline
    ) async throws(RedisError) {
        guard queue.pending(key, now: context.now) != nil else { return }
        let key = Array(key)
        let eventLoop = namespace.pool.servers[loop: context.loop].eventLoop
        try await queue.waitUntilFlushed(key, on: eventLoop, deadline: deadline)
    }

    /// Whether this instance knows an entry of the key.
    private func isKnown(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, _ context: WriteContext
    ) -> Bool {
        switch queue.pending(key, now: context.now) {
        case .set: true
        case .remove: false
        case nil: namespace.policy.usesL1 && engine.peek(key, now: context.now) != nil
        }
    }

    private func deleteLater(
        _ existed: Bool, _ namespace: SharedNamespace, _ context: WriteContext
    ) -> DeleteOutcome {
        namespace.counters[context.loop].deletes.count()
        return DeleteOutcome(existed: existed, deleted: true, version: 0, currentVersion: 0)
    }

    /// Memory holds nothing of the key any more, nor gets what is on its way.
    private func forget(_ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace) {
        if namespace.policy.usesL1 { engine.drop(key, olderThan: .max) }
    }

    private func failed(
        _ error: RedisError, _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace,
        _ context: WriteContext
    ) {
        namespace.counters[context.loop].l2Errors.count()
        if !error.isCertainlyUnexecuted { forget(key, namespace) }
    }
}

extension RedisError {
    /// Whether trying again later may help: the server was not there, and has refused nothing.
    var isOutage: Bool {
        switch code {
        case .accessRefused, .server, .outOfMemory, .incompatible, .closed: false
        case .connectFailed, .connectionLost, .timedOut, .overloaded, .breakerOpen, .noShard,
            .protocolViolation:
            true
        }
    }
}
