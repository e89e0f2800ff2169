// One GetMulti over two levels; the call's event loop only.

import CacheEngine
import GRPC
import Messages
import NIOCore
import RedisClient

/// The keys of a batch on their way: memory answers at once, the rest is asked for in waves, so
/// that never much more is on its way than the reply has room for.
final class BatchOfReads {
    /// How many keys the first wave asks for, and the most that any does.
    private static let wave = (first: 64, most: 512)

    private struct Item {
        /// Where its key lies among the keys.
        let key: Range<Int>
        var result: Result<ReadAnswer, GRPCStatus>?
    }

    private let shared: SharedLevel
    private let loop: Int
    private let now: Timestamp
    private let deadline: NIODeadline?
    /// When the current wave began.
    private var began: NIODeadline
    private let skipsL1: Bool
    private let state: LoopState
    /// The keys, one behind the other.
    private let keys: [UInt8]
    private var items: [Item]
    private var room: ReplyRoom
    /// The first item that nobody has looked for, and how many of the current wave are missing.
    private var next = 0
    private var missing = 0
    private var found = (count: 0, bytes: 0)
    private var completion: (() -> Void)?

    init(
        _ request: GetMultiRequest, _ shared: SharedLevel, loop: Int, now: Timestamp,
        room: ReplyRoom, deadline: NIODeadline?, began: NIODeadline, state: LoopState
    ) {
        self.shared = shared
        self.state = state
        self.loop = loop
        self.now = now
        self.room = room
        self.deadline = deadline
        self.began = began
        skipsL1 = request.mode == .skipL1
        var keys: [UInt8] = []
        keys.reserveCapacity(request.keys.reduce(0) { $0 + $1.count })
        items = request.keys.enumerated().map { index, key in
            let start = keys.count
            keys.append(contentsOf: key.bytes)
            var item = Item(key: start..<keys.count)
            do throws(GRPCStatus) {
                try RequestRules.checkKey(key, "keys[\(index)]")
            } catch {
                item.result = .failure(error)
            }
            return item
        }
        self.keys = keys
    }

    /// Looks for every key; `completion` is called once, perhaps before this returns.
    func run(_ completion: @escaping () -> Void) {
        self.completion = completion
        askNext()
    }

    private func askNext() {
        // Counted as one more until all of the wave are sent: some may be answered at once.
        missing = 1
        var left = waveSize
        while left > 0, next < items.count {
            if items[next].result == nil, ask(next) { left -= 1 }
            next += 1
        }
        answered()
    }

    /// As many as have room in the reply if they are like those that were found.
    private var waveSize: Int {
        guard found.count > 0 else { return Self.wave.first }
        let mean = max(1, found.bytes / found.count)
        return max(1, min(Self.wave.most, (room.bytes - found.bytes) / mean))
    }

    /// Looks for an item; true: the shared level is being asked.
    private func ask(_ index: Int) -> Bool {
        if found.bytes > room.bytes {
            items[index].result = .failure(ReplyRoom.replyFull)
            return false
        }
        return keys.withUnsafeBytes { keys in
            let key = UnsafeRawBufferPointer(rebasing: keys[items[index].key])
            let namespace = shared.namespace(of: key, loop: loop)
            switch shared.look(key, namespace, skipsL1: skipsL1, now: now, loop: loop) {
            case .answered(let answer):
                note(answer, index)
                return false
            case .ahead(let fetch):
                missing += 1
                let read = state.spareItems.popLast() ?? PendingRead()
                read.begin(
                    Question(
                        level: shared, namespace: namespace, loop: loop, now: now,
                        deadline: deadline, sink: Place(batch: self, index: index)))
                shared.fetch(
                    fetch, key, namespace, read, loop: loop,
                    deadline: shared.deadline(deadline, now: began))
                return true
            }
        }
    }

    /// An item that the shared level is asked for.
    struct Place: ReadSink {
        let batch: BatchOfReads
        let index: Int

        func finish(_ answer: consuming ReadAnswer) {
            batch.note(answer, index)
            batch.answered()
        }

        func recycle(_ read: PendingRead<Self>) {
            let state = batch.state
            if state.spareItems.count < LoopState.maxSpareReads { state.spareItems.append(read) }
        }
    }

    private func note(_ answer: ReadAnswer, _ index: Int) {
        items[index].result = .success(answer)
        if let isHit = answer.isHit {
            keys.withUnsafeBytes { keys in
                let key = UnsafeRawBufferPointer(rebasing: keys[items[index].key])
                state.reads.note(ByteView(key), isHit: isHit, now: now)
            }
        }
        guard let bytes = answer.byteCount else { return }
        found.count += 1
        found.bytes += bytes
    }

    private func answered() {
        missing -= 1
        guard missing == 0 else { return }
        if next < items.count {
            began = .now()
            return askNext()
        }
        completion?()
        completion = nil
    }

    /// The reply; it borrows the bytes of what was found, and this object's.
    func response(in arena: MessageArena) -> GetMultiResponse {
        var response = GetMultiResponse()
        let keys = arena.copy(keys).bytes
        response.results = items.map { item in
            let key = ByteView(UnsafeRawBufferPointer(rebasing: keys[item.key]))
            do throws(GRPCStatus) {
                guard let answer = try item.result?.get() else { return GetMultiResult() }
                if case .failed(let status) = answer { throw status }
                if let bytes = answer.byteCount { try room.take(bytes) }
                // The bytes lie on the heap, and this object keeps them.
                return answer.withResponse(ifVersionNot: 0, now: now, in: arena) {
                    GetMultiResult(key: key, entry: $0)
                }
            } catch {
                return GetMultiResult(key: key, refused: .refused(error, arena))
            }
        }
        return response
    }
}

extension ReadAnswer {
    /// What its entry takes in a reply; nil where there is none.
    fileprivate var byteCount: Int? {
        switch self {
        case .entry(let entry, _): entry.view.replyBytes
        case .stored(let entry): entry.plainByteCount
        case .absent, .failed: nil
        }
    }
}
