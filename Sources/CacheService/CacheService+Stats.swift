// Stats: the engine's counters, the latencies, and what the instance is.

import CacheEngine
import GRPC
import Invalidation
import Messages
import NIOCore

extension CacheService {
    func stats(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(StatsRequest.self, turn)
        let wanted = request.namespace.string
        let statistics = engine.statistics()
        if !wanted.isEmpty, !statistics.namespaces.contains(where: { $0.name == wanted }) {
            throw .refused(
                .notFound, reason: "UNKNOWN_NAMESPACE", field: "namespace",
                "is not configured; its keys count as `\(EngineConfiguration.defaultNamespace)`")
        }
        if request.top > ServiceLimits.topEntries {
            throw .refused(
                reason: "INVALID_TOP", field: "top",
                "must be at most \(ServiceLimits.topEntries), and is \(request.top)")
        }
        let top =
            request.top == 0
            ? nil
            : engine.top(
                Int(request.top), namespace: wanted.isEmpty ? nil : wanted, now: turn.now)
        let server = turn.request.loop.shared
        return .pending { () async throws(GRPCStatus) in
            await self.answerStats(statistics, top, namespace: wanted, server: server)
        }
    }

    private func answerStats(
        _ statistics: EngineStatistics, _ top: TopReport?, namespace: String, server: ServerShared
    ) async -> FramedMessage {
        let hubs = await loops.hubStatistics()
        let level = await shared?.statistics()
        let arena = MessageArena()
        var response = StatsResponse()
        fillCounters(of: namespace, statistics, &response, in: arena)
        response.shards = level?.shardMessages(in: arena) ?? []
        response.shared = level?.message(in: arena)
        response.top = top.map { TopStats($0, in: arena) }
        response.latencies = zip(Operation.allCases, Self.operationNames).map { operation, name in
            OperationLatency(arena.copy(name), latencies.summary(operation))
        }
        var instance = InstanceStats()
        instance.mode = arena.copy(identity.mode)
        instance.version = arena.copy(identity.version)
        instance.startedAt = ProtoTimestamp(startedAt)
        instance.connections = UInt64(server.connections)
        let rejections = server.rejections
        instance.rejectedConnections = ConnectionRejection.allCases.compactMap { reason in
            rejections[reason].map { RejectedConnections(arena.copy(reason.rawValue), count: $0) }
        }
        instance.watchers = UInt64(hubs.reduce(0) { $0 + $1.watchers })
        instance.eventsDelivered = hubs.reduce(0) { $0 + $1.eventsDelivered }
        instance.resets = hubs.reduce(0) { $0 + $1.resets }
        instance.historyEvents = UInt64(log.eventCount)
        response.instance = instance
        response.compression = CompressionStats(compressionCounters.reading)
        return FramedMessage { response.encode(in: arena, reserve: $0) }
    }

    /// The counters of one namespace or of all, and their sum.
    private func fillCounters(
        of namespace: String, _ statistics: EngineStatistics, _ response: inout StatsResponse,
        in arena: MessageArena
    ) {
        let others = shared?.counters ?? []
        let counted = Dictionary(others.map { ($0.name, $0.counters) }) { $1 }
        let namespaces = statistics.namespaces.filter { namespace.isEmpty || $0.name == namespace }
        response.namespaces = namespaces.map { namespace in
            var stats = NamespaceStats()
            stats.namespace = arena.copy(namespace.name)
            stats.counters = Messages.Counters(namespace.counters, counted[namespace.name])
            stats.policy = arena.copy(namespace.policy.rawValue)
            stats.evictions = EvictionStats.all(namespace.counters.evicted, in: arena)
            return stats
        }
        guard namespace.isEmpty else {
            response.totals = response.namespaces.first?.counters
            return
        }
        let sum = others.reduce(into: SharedNamespaceCounters()) { $0.add($1.counters) }
        response.totals = Messages.Counters(statistics.totals, others.isEmpty ? nil : sum)
        response.evictions = statistics.policies.flatMap {
            EvictionStats.all($0.evicted, by: $0.policy.rawValue, in: arena)
        }
    }

    /// The RPCs' names, in the order of `Operation`.
    private static let operationNames = [
        "Get", "Set", "Delete", "Exists", "Touch", "GetMulti", "SetMulti", "DeleteMulti", "Keys",
        "Invalidate", "Stats",
    ]
}

extension LoopTable {
    /// What the hubs have done, each asked on its loop.
    func hubStatistics() async -> [HubStatistics] {
        var all: [HubStatistics] = []
        for bound in bounds {
            // A loop refuses only when it has been shut down, and then it has no watchers.
            if let statistics = try? await bound.eventLoop.submit({ bound.value.hub.statistics })
                .get()
            {
                all.append(statistics)
            }
        }
        return all
    }
}

extension Messages.Counters {
    /// With a shared level, memory's misses are none yet, what it stores is no write, and what
    /// it forgets is no invalidation.
    init(_ counters: EngineCounters, _ shared: SharedNamespaceCounters?) {
        self.init()
        hits = counters.hits + (shared?.hits ?? 0)
        misses = shared?.misses ?? counters.misses
        hitRate = hits + misses == 0 ? 0 : Double(hits) / Double(hits + misses)
        sets = shared?.sets ?? counters.sets
        deletes = shared?.deletes ?? counters.deletes
        l2Hits = shared?.l2Hits ?? 0
        l2Misses = shared?.l2Misses ?? 0
        l2Errors = shared?.l2Errors ?? 0
        evictions = counters.evictions
        expirations = counters.expirations
        invalidations = shared?.invalidations ?? counters.invalidations
        l1Size = UInt64(counters.entries)
        l1Bytes = UInt64(counters.bytes)
        l1MaxBytes = UInt64(counters.maxBytes)
        coalesced = counters.coalesced
        rejectedForRoom = counters.rejectedForRoom
    }
}

extension EvictionStats {
    /// One for each reason that occurred.
    static func all(
        _ counts: EvictionCounts, by policy: String = "", in arena: MessageArena
    ) -> [EvictionStats] {
        EvictionReason.allCases.filter { counts[$0] > 0 }.map { reason in
            EvictionStats(
                policy: arena.copy(policy), reason: arena.copy(reason.name), count: counts[reason])
        }
    }
}

extension CompressionStats {
    init(_ reading: CompressionReading) {
        self.init()
        compressed = reading.compressed
        leftPlain = reading.leftPlain
        bytesBefore = reading.bytesBefore
        bytesAfter = reading.bytesAfter
    }
}

extension OperationLatency {
    init(_ name: ByteView, _ summary: LatencySummary) {
        self.init()
        operation = name
        count = summary.count
        p50 = ProtoDuration(nanoseconds: summary.p50)
        p90 = ProtoDuration(nanoseconds: summary.p90)
        p99 = ProtoDuration(nanoseconds: summary.p99)
        p999 = ProtoDuration(nanoseconds: summary.p999)
        max = ProtoDuration(nanoseconds: summary.max)
    }
}
