// Shorthands for the messages that the use cases answer with.

import CacheEngine
import GRPC
import Messages
import RedisClient

extension GetMultiResult {
    init(key: ByteView, entry: GetResponse) {
        self.init()
        self.key = key
        self.status = ItemStatus()
        self.entry = entry
    }

    init(key: ByteView, refused: ItemStatus) {
        self.init()
        self.key = key
        self.status = refused
    }
}

extension SetMultiResult {
    init(key: ByteView, outcome: SetResponse) {
        self.init()
        self.key = key
        self.status = ItemStatus()
        self.outcome = outcome
    }

    init(key: ByteView, refused: ItemStatus) {
        self.init()
        self.key = key
        self.status = refused
    }
}

extension DeleteMultiResult {
    init(key: ByteView, outcome: DeleteResponse) {
        self.init()
        self.key = key
        self.status = ItemStatus()
        self.outcome = outcome
    }

    init(key: ByteView, refused: ItemStatus) {
        self.init()
        self.key = key
        self.status = refused
    }
}

extension SetResponse {
    /// The answer of a set that was made; version 0: not known yet.
    init(version: UInt64, expiresAt: Timestamp) {
        self.init()
        stored = true
        self.version = version
        self.expiresAt = ProtoTimestamp(expiresAt)
    }

    /// The answer of a set that was not made.
    init(_ reason: EngineNotStoredReason, currentVersion: UInt64) {
        self.init()
        self.currentVersion = currentVersion
        self.reason =
            switch reason {
            case .exists: .exists
            case .absent: .absent
            case .versionMismatch: .versionMismatch
            case .noRoom: .noRoom
            }
    }

    /// The answer of a set in two levels.
    init(_ outcome: SharedSet) {
        switch outcome {
        case .stored(let version, let expiresAt):
            self.init(version: version, expiresAt: expiresAt)
        case .notStored(let reason, let currentVersion):
            self.init(reason, currentVersion: currentVersion)
        case .bypassed:
            self.init()
            self.reason = .l2Unavailable
        }
    }
}

extension DeleteResponse {
    init(_ outcome: DeleteOutcome) {
        self.init()
        existed = outcome.existed
        deleted = outcome.deleted
        version = outcome.version
        currentVersion = outcome.currentVersion
    }
}

extension TouchResponse {
    /// The answer of a touch in two levels; nil: there is no entry.
    init(_ touched: TouchedEntry?) {
        self.init()
        guard let touched else { return }
        self.touched = true
        expiresAt = ProtoTimestamp(touched.expiresAt)
        version = touched.version
    }
}

extension ItemStatus {
    /// The status of an item that a rule refused; its text lies in the arena.
    static func refused(_ status: GRPCStatus, _ arena: MessageArena) -> ItemStatus {
        var item = ItemStatus()
        item.code = Int32(status.code.rawValue)
        item.message = arena.copy(status.message)
        item.reason = arena.copy(status.reason(in: arena))
        return item
    }
}

extension InvalidateResponse {
    init(invalidated: Int, revisionToken: ByteView) {
        self.init()
        self.invalidated = Int64(invalidated)
        self.success = true
        self.revisionToken = revisionToken
    }
}

extension ProtoTimestamp {
    /// Nil for a moment that never comes.
    init?(_ moment: Timestamp) {
        if moment == .never { return nil }
        let (seconds, rest) = moment.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(seconds: seconds, nanos: Int32(rest))
    }
}

extension ProtoDuration {
    init(nanoseconds: UInt64) {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        self.init(seconds: Int64(seconds), nanos: Int32(rest))
    }
}
