// Owns the latencies of an operation; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.OperationLatency`: how long one operation took.
package struct OperationLatency: Equatable {
    /// The name of the RPC.
    package var operation = ByteView()
    /// How many calls were measured.
    package var count: UInt64 = 0
    /// Half of them took at most this long.
    package var p50: ProtoDuration?
    /// 90 % of them.
    package var p90: ProtoDuration?
    /// 99 % of them.
    package var p99: ProtoDuration?
    /// 99.9 % of them.
    package var p999: ProtoDuration?
    /// The longest.
    package var max: ProtoDuration?

    /// All fields as proto3 defaults them.
    package init() {}
}

extension OperationLatency: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__operation_latency__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__OperationLatency>) {
        operation = ByteView(c.pointee.operation)
        count = c.pointee.count
        p50 = ProtoDuration(c.pointee.p50)
        p90 = ProtoDuration(c.pointee.p90)
        p99 = ProtoDuration(c.pointee.p99)
        p999 = ProtoDuration(c.pointee.p999)
        max = ProtoDuration(c.pointee.max)
    }

    func fill(_ c: inout Cachemanager__V1__OperationLatency, in arena: MessageArena) {
        c.operation = arena.text(operation)
        c.count = count
        c.p50 = arena.makeIfPresent(p50)
        c.p90 = arena.makeIfPresent(p90)
        c.p99 = arena.makeIfPresent(p99)
        c.p999 = arena.makeIfPresent(p999)
        c.max = arena.makeIfPresent(max)
    }
}
