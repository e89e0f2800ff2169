// Invalidate: by keys, by pattern, by tag, or everything.

import CacheEngine
import GRPC
import Invalidation
import Messages

extension CacheService {
    func invalidate(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(InvalidateRequest.self, turn)
        try RequestRules.checkText(request.reason, most: ServiceLimits.reasonBytes, "reason")
        let writer = try writer(turn)
        let cause = request.reason.array
        switch request.selector {
        case .keys(let keys):
            return turn.answer(try invalidate(keys, turn, writer: writer, cause: cause))
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

    private func invalidate(
        _ keys: [ByteView], _ turn: Turn, writer: [UInt8], cause: [UInt8]
    ) throws(GRPCStatus) -> InvalidateResponse {
        try RequestRules.checkBatch(count: keys.count, limits, "keys")
        // All are checked before any is removed: a refusal has removed nothing.
        for (index, key) in keys.enumerated() {
            try RequestRules.checkKey(key, "keys[\(index)]")
        }
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

    /// What removes more than single keys.
    private enum Selection: Sendable {
        case pattern(Glob)
        case tag([UInt8])
        case everything
    }

    /// Removes first, away from the event loop, and only then tells the subscribers: nobody can
    /// be told and then still read an old value. A caller that goes away stops it only before it
    /// has begun, for half an invalidation would be announced to nobody.
    private func removeMatching(
        _ selection: Selection, _ turn: Turn, writer: [UInt8], cause: [UInt8]
    ) -> UnaryOutcome {
        let now = turn.now
        return .pending { () async throws(GRPCStatus) in
            let removed = try await self.walk { self.remove(selection, now: now) }
            self.announce(selection, writer: writer, cause: cause)
            let arena = MessageArena()
            let response = InvalidateResponse(
                invalidated: removed, revisionToken: arena.copy(self.position()))
            return FramedMessage { response.encode(in: arena, reserve: $0) }
        }
    }

    private func remove(_ selection: Selection, now: Timestamp) -> Int {
        switch selection {
        case .everything: engine.removeEverything()
        case .pattern(let glob):
            engine.removeAll(
                now: now, where: { glob.matches($0.key) }, flights: { glob.matches($0) })
        case .tag(let tag):
            engine.removeAll(now: now) { entry in
                (0..<entry.tagCount).contains { entry.tag(at: $0).elementsEqual(tag) }
            }
        }
    }

    private func announce(_ selection: Selection, writer: [UInt8], cause: [UInt8]) {
        writer.withUnsafeBytes { writer in
            cause.withUnsafeBytes { cause in
                switch selection {
                case .everything:
                    log.append(.everything, kind: .invalidate, writer: writer, cause: cause)
                case .pattern(let glob):
                    log.append(.pattern(glob), kind: .invalidate, writer: writer, cause: cause)
                case .tag(let tag):
                    _ = tag.withUnsafeBytes {
                        log.append(.tag($0), kind: .invalidate, writer: writer, cause: cause)
                    }
                }
            }
        }
    }

    private func position() -> [UInt8] { ResumeToken.encode(log.position()) }
}
