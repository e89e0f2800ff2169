// Invalidate: by keys, by pattern, by tag, or everything.

import CacheEngine
import GRPC
import Invalidation
import Messages

extension CacheService {
    func invalidate(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(InvalidateRequest.self, turn)
        try RequestRules.checkText(request.reason, most: ServiceLimits.reasonBytes, "reason")
        let writer = try writer(turn)
        let cause = request.reason.array
        switch request.selector {
        case .keys(let keys):
            try checkKeys(keys)
            if let shared {
                return invalidate(keys, in: shared, turn, writer: writer, cause: cause)
            }
            return turn.answer(invalidate(keys, turn, writer: writer, cause: cause))
        case .pattern(let pattern):
            let glob = try RequestRules.glob(pattern, "pattern")
            return removeMatching(.pattern(glob), turn, writer: writer, cause: cause)
        case .tag(let tag):
            try RequestRules.checkTag(tag, "tag")
            return removeMatching(.tag(tag.array), turn, writer: writer, cause: cause)
        case .everything(true):
            return removeMatching(.everything, turn, writer: writer, cause: cause)
        case .everything(false):
            throw .refused(
                reason: "INVALID_SELECTOR", field: "everything", "must be true or absent")
        case .none:
            throw .refused(
                reason: "INVALID_SELECTOR", field: "selector",
                "one of keys, pattern, tag, everything must be given")
        }
    }

    /// All are checked before any is removed: a refusal has removed nothing.
    private func checkKeys(_ keys: [ByteView]) throws(GRPCStatus) {
        try RequestRules.checkBatch(count: keys.count, limits, "keys")
        for (index, key) in keys.enumerated() {
            try RequestRules.checkKey(key, "keys[\(index)]")
        }
    }

    private func invalidate(
        _ keys: [ByteView], _ turn: borrowing Turn, writer: [UInt8], cause: [UInt8]
    ) -> InvalidateResponse {
        let removed = writer.withUnsafeBytes { writer in
            cause.withUnsafeBytes { cause in
                keys.count { key in
                    engine.invalidate(key.bytes, now: turn.now, writer: writer, cause: cause)
                }
            }
        }
        return InvalidateResponse(
            invalidated: removed, revisionToken: turn.arena.copy(position()))
    }

    /// Removes first, away from the event loop, and only then tells the subscribers: nobody can
    /// be told and then still read an old value. A caller that goes away stops it only before it
    /// has begun, for half an invalidation would be announced to nobody.
    private func removeMatching(
        _ selection: Selection, _ turn: borrowing Turn, writer: [UInt8], cause: [UInt8]
    ) -> UnaryOutcome {
        if let shared {
            return removeMatching(selection, in: shared, turn, writer: writer, cause: cause)
        }
        let now = turn.now
        return .pending { () async throws(GRPCStatus) in
            let removed = try await self.walk { self.engine.remove(selection, now: now) }
            self.announce(selection, writer: writer, cause: cause)
            let arena = MessageArena()
            let response = InvalidateResponse(
                invalidated: removed, revisionToken: arena.copy(self.position()))
            return FramedMessage { response.encode(in: arena, reserve: $0) }
        }
    }

    private func announce(_ selection: Selection, writer: [UInt8], cause: [UInt8]) {
        writer.withUnsafeBytes { writer in
            cause.withUnsafeBytes { cause in
                _ = selection.withTarget {
                    log.append($0, kind: .invalidate, writer: writer, cause: cause)
                }
            }
        }
    }

    private func position() -> [UInt8] { ResumeToken.encode(log.position()) }
}
