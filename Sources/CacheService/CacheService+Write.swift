// Set, Delete, Touch, and the batches of the first two.

import CacheEngine
import GRPC
import Messages

/// A set that may be made; it borrows the request's bytes.
struct ValidSet {
    let draft: EntryDraft
    let condition: SetCondition
}

extension CacheService {
    func set(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(SetRequest.self, turn)
        let writer = try writer(turn)
        let set = try validSet(request)
        if let shared { return self.set(set, in: shared, turn, writer: writer) }
        return turn.answer(store(set, turn, writer: writer))
    }

    func setMulti(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(SetMultiRequest.self, turn)
        try RequestRules.checkBatch(count: request.entries.count, limits, "entries")
        let writer = try writer(turn)
        let entries = request.entries.enumerated().map { index, entry in
            (
                entry.key,
                Result { () throws(GRPCStatus) in
                    try validSet(entry, "entries[\(index)].")
                }
            )
        }
        if let shared { return setMulti(entries, in: shared, turn, writer: writer) }
        var response = SetMultiResponse()
        response.results = entries.map { key, entry in
            switch entry {
            case .success(let set):
                SetMultiResult(key: key, outcome: store(set, turn, writer: writer))
            case .failure(let status):
                SetMultiResult(key: key, refused: .refused(status, turn.arena))
            }
        }
        return turn.answer(response)
    }

    private func validSet(
        _ request: SetRequest, _ prefix: String = ""
    ) throws(GRPCStatus) -> ValidSet {
        try RequestRules.checkEntry(request, limits, prefix)
        let draft = EntryDraft(
            key: request.key.bytes, value: request.value.bytes,
            contentType: request.contentType.bytes,
            metadata: request.metadata.isEmpty ? [] : Self.lastOfEachName(request.metadata),
            tags: request.tags.isEmpty ? [] : request.tags.map(\.bytes),
            ttl: try RequestRules.lifetime(
                ttl: request.ttl, noExpiry: request.noExpiry, prefix))
        let condition = try RequestRules.condition(request.condition, prefix)
        return ValidSet(draft: draft, condition: condition)
    }

    private func store(_ set: ValidSet, _ turn: borrowing Turn, writer: [UInt8]) -> SetResponse {
        let outcome = withStored(set.draft, turn) { draft in
            writer.withUnsafeBytes {
                engine.set(draft, condition: set.condition, now: turn.now, writer: $0)
            }
        }
        switch outcome {
        case .stored(let stamp):
            return SetResponse(version: stamp.version, expiresAt: stamp.expiresAt)
        case .notStored(let reason, let currentVersion):
            return SetResponse(reason, currentVersion: currentVersion)
        }
    }

    /// A map field that has a name twice means the last one (protobuf's encoding guide).
    private static func lastOfEachName(_ pairs: [MetadataPair]) -> [EntryDraft.MetadataPair] {
        pairs.enumerated().filter { index, pair in
            !pairs[(index + 1)...].contains { $0.name == pair.name }
        }.map { ($0.element.name.bytes, $0.element.value.bytes) }
    }

    func delete(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(DeleteRequest.self, turn)
        try RequestRules.checkKey(request.key)
        let writer = try writer(turn)
        let ifVersion = request.ifVersion == 0 ? nil : request.ifVersion
        if let shared {
            return delete(request.key, ifVersion: ifVersion, in: shared, turn, writer: writer)
        }
        return turn.answer(remove(request.key, ifVersion: ifVersion, turn, writer: writer))
    }

    func deleteMulti(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(DeleteMultiRequest.self, turn)
        try RequestRules.checkBatch(count: request.keys.count, limits, "keys")
        let writer = try writer(turn)
        let keys = request.keys.enumerated().map { index, key in
            (
                key,
                Result { () throws(GRPCStatus) in try RequestRules.checkKey(key, "keys[\(index)]") }
            )
        }
        if let shared { return deleteMulti(keys, in: shared, turn, writer: writer) }
        var response = DeleteMultiResponse()
        response.results = keys.map { key, check in
            switch check {
            case .success:
                let outcome = remove(key, ifVersion: nil, turn, writer: writer)
                return DeleteMultiResult(key: key, outcome: outcome)
            case .failure(let status):
                return DeleteMultiResult(key: key, refused: .refused(status, turn.arena))
            }
        }
        return turn.answer(response)
    }

    private func remove(
        _ key: ByteView, ifVersion: UInt64?, _ turn: borrowing Turn, writer: [UInt8]
    ) -> DeleteResponse {
        DeleteResponse(
            writer.withUnsafeBytes {
                engine.delete(key.bytes, ifVersion: ifVersion, now: turn.now, writer: $0)
            })
    }

    func touch(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(TouchRequest.self, turn)
        try RequestRules.checkKey(request.key)
        let ttl = try RequestRules.lifetime(ttl: request.ttl, noExpiry: request.noExpiry)
        let writer = try writer(turn)
        if let shared { return touch(request.key, ttl, in: shared, turn, writer: writer) }
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
