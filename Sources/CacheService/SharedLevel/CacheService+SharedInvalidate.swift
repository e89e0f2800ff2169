// Invalidate over two levels: by keys with one script each, else by a walk over all servers.

import CacheEngine
import GRPC
import Invalidation
import Messages
import NIOCore
import RedisClient

extension CacheService {
    /// How long an answer waits for its own events to come back, so that its token is after them.
    private static let patience = Duration.seconds(1)

    func invalidate(
        _ keys: [ByteView], in shared: SharedLevel, _ turn: borrowing Turn, writer: [UInt8],
        cause: [UInt8]
    ) -> UnaryOutcome {
        let context = context(turn, writer: writer)
        let changes = keys.map { key in
            let namespace = shared.namespace(of: key.bytes, loop: context.loop)
            let change = OutgoingChange(key: key.bytes, writer: writer, cause: cause)
            return KeyChange(change: change, namespace: namespace)
        }
        let state = turn.state
        return .pending { () async throws(GRPCStatus) in
            var outcome = SharedInvalidation()
            var failures = 0
            for (change, result) in await shared.invalidate(changes, context) {
                switch result {
                case .success(let removal):
                    if removal.existed { outcome.removed += 1 }
                    guard change.namespace.policy.events == .all else { continue }
                    outcome.add(partition: change.partition, revision: removal.version)
                case .failure(let error):
                    failures += 1
                    outcome.failure = error
                }
            }
            return try await self.answer(
                outcome, nothingDone: failures == changes.count, shared, state)
        }
    }

    /// The removal goes to its end even when the caller goes away: half an invalidation would be
    /// announced to nobody.
    func removeMatching(
        _ selection: Selection, in shared: SharedLevel, _ turn: borrowing Turn, writer: [UInt8],
        cause: [UInt8]
    ) -> UnaryOutcome {
        let context = context(turn, writer: writer)
        let state = turn.state
        return .pending { () async throws(GRPCStatus) in
            let removal = Task { await shared.invalidate(selection, cause: cause, context) }
            let outcome = await removal.value
            return try await self.answer(
                outcome, nothingDone: outcome.failure != nil && outcome.removed == 0, shared,
                state)
        }
    }

    private func answer(
        _ outcome: SharedInvalidation, nothingDone: Bool, _ shared: SharedLevel,
        _ state: LoopState
    ) async throws(GRPCStatus) -> FramedMessage {
        if let failure = outcome.failure, nothingDone {
            throw .sharedLevel(failure, isWrite: true)
        }
        await shared.applier.waitForLog(outcome.revisions, patience: Self.patience)
        let token = ResumeToken.encode(log.position())
        return state.message { arena in
            var response = InvalidateResponse(
                invalidated: outcome.removed, revisionToken: arena.copy(token))
            response.success = outcome.failure == nil
            return response
        }
    }
}

/// The invalidation of one key.
struct KeyChange: Sendable {
    let change: OutgoingChange
    let namespace: SharedNamespace

    var partition: Int { namespace.partition(of: change.key) }
}

extension SharedLevel {
    /// Invalidates keys, all at once; each with what came of it.
    func invalidate(
        _ changes: [KeyChange], _ context: WriteContext
    ) async -> [(KeyChange, Result<DeleteOutcome, RedisError>)] {
        await withTaskGroup(of: (KeyChange, Result<DeleteOutcome, RedisError>).self) { group in
            for key in changes {
                group.addImmediateTask {
                    do throws(RedisError) {
                        let outcome = try await self.invalidate(
                            key.change, key.namespace, context)
                        return (key, .success(outcome))
                    } catch {
                        return (key, .failure(error))
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }
}
