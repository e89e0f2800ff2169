// Owns how long the answers of a shard took; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.CommandLatency`: how long a shard's answers took.
package struct CommandLatency: Equatable {
    /// How many commands were measured.
    package var count: UInt64 = 0
    /// Half of them took at most this long.
    package var p50: ProtoDuration?
    /// 90 % of them.
    package var p90: ProtoDuration?
    /// 99 % of them.
    package var p99: ProtoDuration?
    /// The longest.
    package var max: ProtoDuration?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension CommandLatency: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__command_latency__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__CommandLatency>) {
        count = c.pointee.count
        p50 = ProtoDuration(c.pointee.p50)
        p90 = ProtoDuration(c.pointee.p90)
        p99 = ProtoDuration(c.pointee.p99)
        max = ProtoDuration(c.pointee.max)
    }

    func fill(_ c: inout Cachemanager__V1__CommandLatency, in arena: MessageArena) {
        c.count = count
        c.p50 = arena.makeIfPresent(p50)
        c.p90 = arena.makeIfPresent(p90)
        c.p99 = arena.makeIfPresent(p99)
        c.max = arena.makeIfPresent(max)
    }
}
