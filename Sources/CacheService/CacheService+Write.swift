// Set, Delete, Touch, and the batches of the first two.

import CacheEngine
import GRPC
import Messages

extension CacheService {
    func set(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(SetRequest.self, turn)
        return turn.answer(try store(request, turn, writer: try writer(turn)))
    }

    func setMulti(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(SetMultiRequest.self, turn)
        try RequestRules.checkBatch(count: request.entries.count, limits, "entries")
        let writer = try writer(turn)
        let results = request.entries.enumerated().map { index, entry in
            do throws(GRPCStatus) {
                let outcome = try store(entry, turn, writer: writer, "entries[\(index)].")
                return SetMultiResult(key: entry.key, outcome: outcome)
            } catch {
                return SetMultiResult(key: entry.key, refused: .refused(error, turn.arena))
            }
        }
        var response = SetMultiResponse()
        response.results = results
        return turn.answer(response)
    }

    private func store(
        _ request: SetRequest, _ turn: Turn, writer: [UInt8], _ prefix: String = ""
    ) throws(GRPCStatus) -> SetResponse {
        try RequestRules.checkEntry(request, limits, prefix)
        let draft = EntryDraft(
            key: request.key.bytes, value: request.value.bytes,
            contentType: request.contentType.bytes,
            metadata: request.metadata.isEmpty ? [] : Self.lastOfEachName(request.metadata),
            tags: request.tags.isEmpty ? [] : request.tags.map(\.bytes),
            ttl: try RequestRules.lifetime(
                ttl: request.ttl, noExpiry: request.noExpiry, prefix))
        let condition = try RequestRules.condition(request.condition, prefix)
        let outcome = writer.withUnsafeBytes {
            engine.set(draft, condition: condition, now: turn.now, writer: $0)
        }
        var response = SetResponse()
        switch outcome {
        case .stored(let entry):
            response.stored = true
            response.version = entry.version
            response.expiresAt = ProtoTimestamp(entry.expiresAt)
        case .notStored(let reason, let currentVersion):
            response.currentVersion = currentVersion
            response.reason =
                switch reason {
                case .exists: .exists
                case .absent: .absent
                case .versionMismatch: .versionMismatch
                case .noRoom: .noRoom
                }
        }
        return response
    }

    /// A map field that has a name twice means the last one (protobuf's encoding guide).
    private static func lastOfEachName(_ pairs: [MetadataPair]) -> [EntryDraft.MetadataPair] {
        pairs.enumerated().filter { index, pair in
            !pairs[(index + 1)...].contains { $0.name == pair.name }
        }.map { ($0.element.name.bytes, $0.element.value.bytes) }
    }

    func delete(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(DeleteRequest.self, turn)
        try RequestRules.checkKey(request.key)
        let writer = try writer(turn)
        return turn.answer(
            remove(request.key, ifVersion: request.ifVersion, turn, writer: writer))
    }

    func deleteMulti(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(DeleteMultiRequest.self, turn)
        try RequestRules.checkBatch(count: request.keys.count, limits, "keys")
        let writer = try writer(turn)
        var response = DeleteMultiResponse()
        response.results = request.keys.enumerated().map { index, key in
            do throws(GRPCStatus) {
                try RequestRules.checkKey(key, "keys[\(index)]")
                let outcome = remove(key, ifVersion: 0, turn, writer: writer)
                return DeleteMultiResult(key: key, outcome: outcome)
            } catch {
                return DeleteMultiResult(key: key, refused: .refused(error, turn.arena))
            }
        }
        return turn.answer(response)
    }

    private func remove(
        _ key: ByteView, ifVersion: UInt64, _ turn: Turn, writer: [UInt8]
    ) -> DeleteResponse {
        let outcome = writer.withUnsafeBytes {
            engine.delete(
                key.bytes, ifVersion: ifVersion == 0 ? nil : ifVersion, now: turn.now, writer: $0)
        }
        var response = DeleteResponse()
        response.existed = outcome.existed
        response.deleted = outcome.deleted
        response.version = outcome.version
        response.currentVersion = outcome.currentVersion
        return response
    }

    func touch(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(TouchRequest.self, turn)
        try RequestRules.checkKey(request.key)
        let ttl = try RequestRules.lifetime(ttl: request.ttl, noExpiry: request.noExpiry)
        let writer = try writer(turn)
        let entry = writer.withUnsafeBytes {
            engine.touch(request.key.bytes, ttl: ttl, now: turn.now, writer: $0)
        }
        var response = TouchResponse()
        if let entry {
            response.touched = true
            response.expiresAt = ProtoTimestamp(entry.expiresAt)
            response.version = entry.version
        }
        return turn.answer(response)
    }
}
