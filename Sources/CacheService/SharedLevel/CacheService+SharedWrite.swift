// Set, Delete, Touch and the batches of the first two over two levels: tasks on the event loop of
// the call, unless the namespace lets the shared level wait.

import CacheEngine
import GRPC
import Messages
import NIOCore
import RedisClient

extension CacheService {
    /// Who writes in this turn.
    func context(_ turn: borrowing Turn, writer: [UInt8]) -> WriteContext {
        WriteContext(
            writer: writer, loop: turn.request.loop.index, now: turn.now,
            deadline: turn.request.deadline)
    }

    func set(
        _ set: ValidSet, in shared: SharedLevel, _ turn: borrowing Turn, writer: [UInt8]
    ) -> UnaryOutcome {
        let context = context(turn, writer: writer)
        switch begin(set, in: shared, turn, context) {
        case .done(let outcome): return turn.answer(SetResponse(outcome))
        case .ahead(let ahead):
            let state = turn.state
            return .pending { () async throws(GRPCStatus) in
                let outcome = try await shared.answer(ahead.namespace, context) {
                    () async throws(RedisError) in
                    try await shared.finish(ahead, context)
                }
                return state.message(SetResponse(outcome))
            }
        }
    }

    private func begin(
        _ set: ValidSet, in shared: SharedLevel, _ turn: borrowing Turn, _ context: WriteContext
    ) -> WriteStep<SharedSet, SharedLevel.SetAhead> {
        withStored(set.draft, turn) { shared.begin($0, condition: set.condition, context) }
    }

    func delete(
        _ key: ByteView, ifVersion: UInt64?, in shared: SharedLevel, _ turn: borrowing Turn,
        writer: [UInt8]
    ) -> UnaryOutcome {
        let context = context(turn, writer: writer)
        switch shared.beginDelete(key.bytes, ifVersion: ifVersion, context) {
        case .done(let outcome): return turn.answer(DeleteResponse(outcome))
        case .ahead(let ahead):
            let state = turn.state
            return .pending { () async throws(GRPCStatus) in
                let outcome = try await shared.answer(ahead.namespace, context) {
                    () async throws(RedisError) in
                    try await shared.finish(ahead, context)
                }
                return state.message(DeleteResponse(outcome))
            }
        }
    }

    func touch(
        _ key: ByteView, _ ttl: TimeToLive, in shared: SharedLevel, _ turn: borrowing Turn,
        writer: [UInt8]
    ) -> UnaryOutcome {
        let context = context(turn, writer: writer)
        let namespace = shared.namespace(of: key.bytes, loop: context.loop)
        let change = OutgoingChange(key: key.bytes, writer: writer)
        let expiresAt = namespace.life(of: key.bytes, ttl, now: turn.now, in: engine).expiresAt
        let state = turn.state
        return .pending { () async throws(GRPCStatus) in
            let touched = try await shared.answer(namespace, context) {
                () async throws(RedisError) in
                try await shared.touch(change, namespace, expiresAt: expiresAt, context)
            }
            return state.message(TouchResponse(touched))
        }
    }

    func setMulti(
        _ entries: [(key: ByteView, entry: Result<ValidSet, GRPCStatus>)], in shared: SharedLevel,
        _ turn: borrowing Turn, writer: [UInt8]
    ) -> UnaryOutcome {
        let context = context(turn, writer: writer)
        let batch = entries.map { key, entry in
            BatchItem(
                key: key.array,
                step: entry.map { begin($0, in: shared, turn, context) })
        }
        let state = turn.state
        return .pending { () async throws(GRPCStatus) in
            let outcomes = await Self.finish(batch) { ahead async throws(GRPCStatus) in
                try await shared.answer(ahead.namespace, context) { () async throws(RedisError) in
                    try await shared.finish(ahead, context)
                }
            }
            return state.message { arena in
                var response = SetMultiResponse()
                response.results = zip(batch, outcomes).map { item, outcome in
                    let key = arena.copy(item.key)
                    return switch outcome {
                    case .success(let set): SetMultiResult(key: key, outcome: SetResponse(set))
                    case .failure(let status):
                        SetMultiResult(key: key, refused: .refused(status, arena))
                    }
                }
                return response
            }
        }
    }

    func deleteMulti(
        _ keys: [(key: ByteView, check: Result<Void, GRPCStatus>)], in shared: SharedLevel,
        _ turn: borrowing Turn, writer: [UInt8]
    ) -> UnaryOutcome {
        let context = context(turn, writer: writer)
        let batch = keys.map { key, check in
            BatchItem(
                key: key.array,
                step: check.map { shared.beginDelete(key.bytes, ifVersion: nil, context) })
        }
        let state = turn.state
        return .pending { () async throws(GRPCStatus) in
            let outcomes = await Self.finish(batch) { ahead async throws(GRPCStatus) in
                try await shared.answer(ahead.namespace, context) { () async throws(RedisError) in
                    try await shared.finish(ahead, context)
                }
            }
            return state.message { arena in
                var response = DeleteMultiResponse()
                response.results = zip(batch, outcomes).map { item, outcome in
                    let key = arena.copy(item.key)
                    return switch outcome {
                    case .success(let removal):
                        DeleteMultiResult(key: key, outcome: DeleteResponse(removal))
                    case .failure(let status):
                        DeleteMultiResult(key: key, refused: .refused(status, arena))
                    }
                }
                return response
            }
        }
    }

    /// One write of a batch.
    private struct BatchItem<Outcome: Sendable, Ahead: Sendable>: Sendable {
        let key: [UInt8]
        let step: Result<WriteStep<Outcome, Ahead>, GRPCStatus>
    }

    /// Does what could not be done at once. All are sent in the batch's order before any answer
    /// is waited for, so that a key that is named twice keeps its last value.
    private static func finish<Outcome, Ahead>(
        _ batch: [BatchItem<Outcome, Ahead>],
        _ body: @escaping @Sendable (Ahead) async throws(GRPCStatus) -> Outcome
    ) async -> [Result<Outcome, GRPCStatus>] {
        await withTaskGroup(of: (Int, Result<Outcome, GRPCStatus>).self) { group in
            var outcomes: [Result<Outcome, GRPCStatus>?] = batch.map { item in
                switch item.step {
                case .success(.done(let outcome)): .success(outcome)
                case .success(.ahead): nil
                case .failure(let status): .failure(status)
                }
            }
            for (index, item) in batch.enumerated() {
                guard case .success(.ahead(let ahead)) = item.step else { continue }
                group.addImmediateTask {
                    do throws(GRPCStatus) {
                        return (index, .success(try await body(ahead)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes.map { outcome in
                guard let outcome else { preconditionFailure("each write has its outcome") }
                return outcome
            }
        }
    }
}

extension SharedLevel {
    /// Runs a write; its error as callers are told of it.
    func answer<Outcome>(
        _ namespace: SharedNamespace, _ context: WriteContext,
        _ body: () async throws(RedisError) -> Outcome
    ) async throws(GRPCStatus) -> Outcome {
        do throws(RedisError) {
            return try await body()
        } catch {
            throw namespace.status(error, isWrite: true, deadline: context.deadline)
        }
    }
}

extension LoopState {
    /// Encodes an answer that comes after its handler's turn.
    func message(_ response: some WireMessage) -> FramedMessage {
        message { _ in response }
    }

    /// Encodes an answer that is made in an arena.
    func message(_ make: (MessageArena) -> some WireMessage) -> FramedMessage {
        defer { arena.reset() }
        let response = make(arena)
        return FramedMessage { response.encode(in: arena, reserve: $0) }
    }
}
