// A point in a partition's history; a value, any thread.

import NIOCore

/// How far a partition's history goes, or how much of it is known.
struct FeedPlace: Hashable, Sendable {
    /// The life of the partition that revisions count in.
    var epoch: UInt64
    /// The newest revision.
    var revision: UInt64

    /// No server counts that far; what says so is not believed.
    static let maxRevision: UInt64 = 1 << 62

    init(epoch: UInt64, revision: UInt64) {
        self.epoch = epoch
        self.revision = revision
    }

    /// The fields `epoch` and `rev` of a partition's hash; nil for anything else.
    init?(fields: [RESPValue]) {
        guard fields.count == 2, case .blob(let epoch) = fields[0],
            case .blob(let revision) = fields[1], epoch.readableBytes == 8,
            let number = epoch.getInteger(
                at: epoch.readerIndex, endianness: .little, as: UInt64.self),
            let count = UInt64(String(buffer: revision))
        else { return nil }
        self.init(epoch: number, revision: count)
    }

    init(_ adoption: Adoption) throws(RedisError) {
        guard adoption.revision <= Self.maxRevision else { throw ScriptCall.surprise }
        self.init(epoch: adoption.epoch, revision: adoption.revision)
    }
}
