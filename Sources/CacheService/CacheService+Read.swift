// Get, GetMulti and Exists.

import CacheEngine
import GRPC
import Messages

extension CacheService {
    func get(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(GetRequest.self, turn)
        try RequestRules.checkKey(request.key)
        try RequestRules.checkMode(request.mode)
        if let shared { return get(request, in: shared, turn) }
        let answer = engine.withEntry(request.key.bytes, now: turn.now) { entry in
            turn.answer(
                GetResponse(
                    entry, ifVersionNot: request.ifVersionNot, now: turn.now, in: turn.arena))
        }
        turn.state.reads.note(request.key, isHit: answer != nil, now: turn.now)
        return answer ?? turn.answer(GetResponse())
    }

    func exists(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(ExistsRequest.self, turn)
        try RequestRules.checkKey(request.key)
        if let shared { return exists(request.key, in: shared, turn) }
        var response = ExistsResponse()
        if let entry = engine.peek(request.key.bytes, now: turn.now) {
            response.exists = true
            response.expiresAt = ProtoTimestamp(entry.expiresAt)
            response.version = entry.version
        }
        return turn.answer(response)
    }

    func getMulti(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(GetMultiRequest.self, turn)
        try RequestRules.checkBatch(count: request.keys.count, limits, "keys")
        try RequestRules.checkMode(request.mode)
        if let shared { return getMulti(request, in: shared, turn) }
        var kept: [CacheEntry] = []  // their bytes are borrowed until the reply is written
        kept.reserveCapacity(request.keys.count)
        var room = ReplyRoom(limits, keys: request.keys)
        let reads = turn.state.reads
        let results = request.keys.enumerated().map { index, key in
            do throws(GRPCStatus) {
                try RequestRules.checkKey(key, "keys[\(index)]")
                let found = engine.get(key.bytes, now: turn.now)
                reads.note(key, isHit: found != nil, now: turn.now)
                guard let entry = found else {
                    return GetMultiResult(key: key, entry: GetResponse())
                }
                try room.take(entry.view.replyBytes)
                kept.append(entry)
                return GetMultiResult(
                    key: key,
                    entry: GetResponse(
                        entry.view, ifVersionNot: 0, now: turn.now, in: turn.arena))
            } catch {
                return GetMultiResult(key: key, refused: .refused(error, turn.arena))
            }
        }
        var response = GetMultiResponse()
        response.results = results
        return withExtendedLifetime(kept) { turn.answer(response) }
    }
}

/// The room that is left in the reply to a batch of reads.
struct ReplyRoom {
    /// What a result takes beside its key and its entry, at most.
    private static let resultBytes = 128
    static let replyFull = GRPCStatus.refused(
        .resourceExhausted, reason: "REPLY_FULL", field: "entry",
        "the reply has no room for it: ask for this key again")

    private(set) var bytes: Int
    private var isEmpty = true

    /// Every key comes back, with a sentence where it is refused.
    init(_ limits: ServiceLimits, keys: [ByteView]) {
        bytes = limits.replyBytes - keys.reduce(0) { $0 + $1.count + Self.resultBytes }
    }

    /// Takes the room of an entry. One that is larger than any reply comes alone, if it comes
    /// first.
    mutating func take(_ entryBytes: Int) throws(GRPCStatus) {
        if entryBytes > bytes, !isEmpty { throw Self.replyFull }
        bytes -= entryBytes
        isEmpty = false
    }
}

extension GetResponse {
    /// The answer of a hit; it borrows the entry's bytes, and the arena's where it unpacks some.
    init(
        _ entry: EntryView, ifVersionNot held: UInt64, now: Timestamp, in arena: MessageArena,
        source: Source = .l1
    ) {
        self.init()
        hit = true
        self.source = source
        version = entry.version
        cachedAt = ProtoTimestamp(entry.createdAt)
        expiresAt = ProtoTimestamp(entry.expiresAt)
        stale = entry.isStale(at: now)
        if held != 0, held == entry.version {
            notModified = true
            return
        }
        value = entry.plainValue(in: arena)
        contentType = ByteView(entry.contentType)
        if entry.metadataCount > 0 {
            metadata = (0..<entry.metadataCount).map { index in
                let pair = entry.metadata(at: index)
                return MetadataPair(name: ByteView(pair.name), value: ByteView(pair.value))
            }
        }
        if entry.tagCount > 0 {
            tags = (0..<entry.tagCount).map { ByteView(entry.tag(at: $0)) }
        }
    }
}
