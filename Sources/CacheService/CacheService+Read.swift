// Get, GetMulti and Exists.

import CacheEngine
import GRPC
import Messages

extension CacheService {
    func get(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(GetRequest.self, turn)
        try RequestRules.checkKey(request.key)
        try RequestRules.checkMode(request.mode)
        guard let entry = engine.get(request.key.bytes, now: turn.now) else {
            return turn.answer(GetResponse())
        }
        return withExtendedLifetime(entry) {
            turn.answer(Self.response(entry, ifVersionNot: request.ifVersionNot))
        }
    }

    func exists(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(ExistsRequest.self, turn)
        try RequestRules.checkKey(request.key)
        var response = ExistsResponse()
        if let entry = engine.peek(request.key.bytes, now: turn.now) {
            response.exists = true
            response.expiresAt = ProtoTimestamp(entry.expiresAt)
            response.version = entry.version
        }
        return turn.answer(response)
    }

    func getMulti(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(GetMultiRequest.self, turn)
        try RequestRules.checkBatch(count: request.keys.count, limits, "keys")
        try RequestRules.checkMode(request.mode)
        // Every key comes back, with a sentence where it is refused.
        var room = limits.replyBytes - request.keys.reduce(0) { $0 + $1.count + Self.resultBytes }
        var kept: [CacheEntry] = []
        kept.reserveCapacity(request.keys.count)
        let results = request.keys.enumerated().map { index, key in
            do throws(GRPCStatus) {
                try RequestRules.checkKey(key, "keys[\(index)]")
                guard let entry = engine.get(key.bytes, now: turn.now) else {
                    return GetMultiResult(key: key, entry: GetResponse())
                }
                // One that is larger than any reply comes alone, if it comes first.
                if entry.footprintBytes > room, !kept.isEmpty { throw Self.replyFull }
                room -= entry.footprintBytes
                kept.append(entry)  // its bytes are borrowed until the reply is written
                return GetMultiResult(key: key, entry: Self.response(entry, ifVersionNot: 0))
            } catch {
                return GetMultiResult(key: key, refused: .refused(error, turn.arena))
            }
        }
        var response = GetMultiResponse()
        response.results = results
        return withExtendedLifetime(kept) { turn.answer(response) }
    }

    private static let replyFull = GRPCStatus.refused(
        .resourceExhausted, reason: "REPLY_FULL", field: "entry",
        "the reply has no room for it: ask for this key again")

    /// What a result takes beside its key and its entry, at most.
    private static let resultBytes = 128

    /// The answer of a hit; it borrows the entry's bytes.
    private static func response(_ entry: CacheEntry, ifVersionNot held: UInt64) -> GetResponse {
        var response = GetResponse()
        response.hit = true
        response.source = .l1
        response.version = entry.version
        response.cachedAt = ProtoTimestamp(entry.createdAt)
        response.expiresAt = ProtoTimestamp(entry.expiresAt)
        if held != 0, held == entry.version {
            response.notModified = true
            return response
        }
        response.value = ByteView(entry.value)
        response.contentType = ByteView(entry.contentType)
        if entry.metadataCount > 0 {
            response.metadata = (0..<entry.metadataCount).map { index in
                let pair = entry.metadata(at: index)
                return MetadataPair(name: ByteView(pair.name), value: ByteView(pair.value))
            }
        }
        if entry.tagCount > 0 {
            response.tags = (0..<entry.tagCount).map { ByteView(entry.tag(at: $0)) }
        }
        return response
    }
}
