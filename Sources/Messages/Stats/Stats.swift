// Owns the messages of `Stats`; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.StatsRequest`: asks for statistics.
package struct StatsRequest: Equatable {
    /// Only this namespace; empty: all of them.
    package var namespace = ByteView()
    /// How many of each kind `top` lists, at most 100; 0: there is no `top`.
    package var top: UInt32 = 0

    /// All fields as proto3 defaults them.
    package init() {}
}

extension StatsRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__stats_request__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__StatsRequest>) {
        namespace = ByteView(c.pointee.namespace_)
        top = c.pointee.top
    }

    func fill(_ c: inout Cachemanager__V1__StatsRequest, in arena: MessageArena) {
        c.namespace_ = arena.text(namespace)
        c.top = top
    }
}

/// `cachemanager.v1.StatsResponse`: statistics since the start of the instance.
package struct StatsResponse: Equatable {
    /// The sum over the namespaces below.
    package var totals: Counters?
    /// One for each namespace that is configured or was used.
    package var namespaces: [NamespaceStats] = []
    /// How long operations took inside the service, one for each operation.
    package var latencies: [OperationLatency] = []
    /// One for each shard of the shared level; none when the instance runs alone.
    package var shards: [ShardStats] = []
    /// The instance itself.
    package var instance: InstanceStats?
    /// The shared level as a whole; absent when the instance runs alone.
    package var shared: SharedStats?
    /// What compressing values has saved.
    package var compression: CompressionStats?
    /// What is used most; absent unless it was asked for.
    package var top: TopStats?
    /// Entries removed for room, of all namespaces together, by policy and reason; none where
    /// one namespace was asked for.
    package var evictions: [EvictionStats] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension StatsResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__stats_response__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__StatsResponse>) {
        totals = Counters(c.pointee.totals)
        namespaces = Array(c.pointee.n_namespaces, at: c.pointee.namespaces) {
            NamespaceStats(element: $0)
        }
        latencies = Array(c.pointee.n_latencies, at: c.pointee.latencies) {
            OperationLatency(element: $0)
        }
        shards = Array(c.pointee.n_shards, at: c.pointee.shards) { ShardStats(element: $0) }
        instance = InstanceStats(c.pointee.instance)
        shared = SharedStats(c.pointee.shared)
        compression = CompressionStats(c.pointee.compression)
        top = TopStats(c.pointee.top)
        evictions = Array(c.pointee.n_evictions, at: c.pointee.evictions) {
            EvictionStats(element: $0)
        }
    }

    func fill(_ c: inout Cachemanager__V1__StatsResponse, in arena: MessageArena) {
        c.totals = arena.makeIfPresent(totals)
        c.n_namespaces = namespaces.count
        c.namespaces = arena.list(namespaces) { arena.make($0) }
        c.n_latencies = latencies.count
        c.latencies = arena.list(latencies) { arena.make($0) }
        c.n_shards = shards.count
        c.shards = arena.list(shards) { arena.make($0) }
        c.instance = arena.makeIfPresent(instance)
        c.shared = arena.makeIfPresent(shared)
        c.compression = arena.makeIfPresent(compression)
        c.top = arena.makeIfPresent(top)
        c.n_evictions = evictions.count
        c.evictions = arena.list(evictions) { arena.make($0) }
    }
}
