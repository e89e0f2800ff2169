// Get, GetMulti and Exists over two levels: memory answers in the handler's turn, the shared
// level by a callback on the same event loop.

import CacheEngine
import GRPC
import Messages
import NIOCore
import RedisClient

extension CacheService {
    func get(_ request: GetRequest, in shared: SharedLevel, _ turn: borrowing Turn) -> UnaryOutcome
    {
        let loop = turn.request.loop.index
        let state = turn.state
        let namespace = shared.namespace(of: request.key.bytes, loop: loop)
        let look = shared.look(
            request.key.bytes, namespace, skipsL1: request.mode == .skipL1, now: turn.now,
            loop: loop)
        switch look {
        case .answered(.entry(let entry, _)):
            state.reads.note(request.key, isHit: true, now: turn.now)
            return withExtendedLifetime(entry) {
                turn.answer(
                    GetResponse(
                        entry.view, ifVersionNot: request.ifVersionNot, now: turn.now,
                        in: turn.arena))
            }
        case .answered(.failed(let status)): return .failed(status)
        case .answered:
            state.reads.note(request.key, isHit: false, now: turn.now)
            return turn.answer(GetResponse())
        case .ahead(let fetch):
            let reply = turn.request.deferReply()
            let deadline = turn.request.deadline
            let sink = LaterGet(
                state: state, reply: reply, held: request.ifVersionNot, now: turn.now,
                timedFrom: turn.timedFrom,
                noted: state.reads.expect(request.key, now: turn.now))
            let read = state.spareGets.popLast() ?? PendingRead()
            read.begin(
                Question(
                    level: shared, namespace: namespace, loop: loop, now: turn.now,
                    deadline: deadline, sink: sink))
            shared.fetch(
                fetch, request.key.bytes, namespace, read, loop: loop,
                deadline: shared.deadline(deadline, now: turn.request.now))
            return .deferred
        }
    }

    /// A Get that waits for the shared level; its event loop only.
    struct LaterGet: ReadSink {
        let state: LoopState
        let reply: DeferredReply
        let held: UInt64
        let now: Timestamp
        let timedFrom: NIODeadline?
        let noted: ExpectedRead?

        func finish(_ answer: consuming ReadAnswer) {
            if let noted, let isHit = answer.isHit { state.reads.note(noted, isHit: isHit) }
            if case .failed(let status) = answer {
                reply.fail(status)
            } else {
                reply.reply { reply in
                    answer.withResponse(ifVersionNot: held, now: now, in: state.arena) { response in
                        response.encode(in: state.arena) { reply.reserve($0) }
                    }
                }
                state.arena.reset()
            }
            if let timedFrom { state.record(.get, since: timedFrom) }
        }

        func recycle(_ read: PendingRead<Self>) {
            if state.spareGets.count < LoopState.maxSpareReads { state.spareGets.append(read) }
        }
    }

    func exists(_ key: ByteView, in shared: SharedLevel, _ turn: borrowing Turn) -> UnaryOutcome {
        let loop = turn.request.loop.index
        let namespace = shared.namespace(of: key.bytes, loop: loop)
        if let known = shared.known(key.bytes, namespace, now: turn.now) {
            return turn.answer(ExistsResponse(known))
        }
        let (reply, timedFrom) = (turn.request.deferReply(), turn.timedFrom)
        let state = turn.state
        shared.head(
            key.bytes, namespace, now: turn.now, loop: loop, deadline: turn.request.deadline
        ) { result in
            switch result {
            case .success(let presence):
                reply.reply { reply in
                    ExistsResponse(presence).encode(in: state.arena) { reply.reserve($0) }
                }
                state.arena.reset()
            case .failure(let status): reply.fail(status)
            }
            if let timedFrom { state.record(.exists, since: timedFrom) }
        }
        return .deferred
    }

    func getMulti(
        _ request: GetMultiRequest, in shared: SharedLevel, _ turn: borrowing Turn
    ) -> UnaryOutcome {
        let batch = BatchOfReads(
            request, shared, loop: turn.request.loop.index, now: turn.now,
            room: ReplyRoom(limits, keys: request.keys), deadline: turn.request.deadline,
            began: turn.request.now, state: turn.state)
        let (reply, timedFrom) = (turn.request.deferReply(), turn.timedFrom)
        let state = turn.state
        batch.run {
            reply.reply { reply in
                batch.response(in: state.arena).encode(in: state.arena) { reply.reserve($0) }
            }
            state.arena.reset()
            if let timedFrom { state.record(.getMulti, since: timedFrom) }
        }
        return .deferred
    }
}

extension ReadAnswer {
    /// Lends the answer of a Get to `body`, with what it unpacks in the arena; not for a failure.
    func withResponse<Result>(
        ifVersionNot held: UInt64, now: Timestamp, in arena: MessageArena,
        _ body: (GetResponse) -> Result
    ) -> Result {
        switch self {
        case .entry(let entry, let source):
            return withExtendedLifetime(entry) {
                var response = GetResponse(
                    entry.view, ifVersionNot: held, now: now, in: arena,
                    source: source == .sharedLevel ? .l2 : .l1)
                if source == .memoryPastItsTime { response.stale = true }
                return body(response)
            }
        case .stored(let entry):
            return withExtendedLifetime(entry) {
                body(GetResponse(entry, entry.contents, ifVersionNot: held, now: now))
            }
        case .absent, .failed: return body(GetResponse())
        }
    }
}

extension GetResponse {
    /// The answer of the shared level; it borrows the entry's bytes.
    init(
        _ entry: StoredEntry, _ contents: StoredEntry.Contents, ifVersionNot held: UInt64,
        now: Timestamp
    ) {
        self.init()
        hit = true
        source = .l2
        version = entry.version
        cachedAt = ProtoTimestamp(entry.createdAt)
        expiresAt = ProtoTimestamp(entry.expiresAt)
        stale = entry.softExpiresAt <= now
        if held != 0, held == entry.version {
            notModified = true
            return
        }
        value = ByteView(contents.value)
        contentType = ByteView(contents.contentType)
        metadata = contents.metadata.map {
            MetadataPair(name: ByteView($0.name), value: ByteView($0.value))
        }
        tags = contents.tags.map { ByteView($0) }
    }
}

extension ExistsResponse {
    /// What is known of the key's entry; nil: there is none.
    init(_ presence: Presence?) {
        self.init()
        guard let presence else { return }
        exists = true
        expiresAt = ProtoTimestamp(presence.expiresAt)
        version = presence.version
    }
}
