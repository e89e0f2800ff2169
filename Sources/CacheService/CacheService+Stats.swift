// Stats: the engine's counters, the latencies, and what the instance is.

import CacheEngine
import GRPC
import Invalidation
import Messages
import NIOCore

extension CacheService {
    func stats(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(StatsRequest.self, turn)
        let wanted = request.namespace.string
        let statistics = engine.statistics()
        if !wanted.isEmpty, !statistics.namespaces.contains(where: { $0.name == wanted }) {
            throw .refused(
                .notFound, reason: "UNKNOWN_NAMESPACE", field: "namespace",
                "is not configured; its keys count as `\(EngineConfiguration.defaultNamespace)`")
        }
        let shared = turn.request.loop.shared
        return .pending { () async throws(GRPCStatus) in
            await self.answerStats(statistics, namespace: wanted, shared: shared)
        }
    }

    private func answerStats(
        _ statistics: EngineStatistics, namespace: String, shared: ServerShared
    ) async -> FramedMessage {
        let hubs = await loops.hubStatistics()
        let arena = MessageArena()
        var response = StatsResponse()
        let namespaces = statistics.namespaces.filter { namespace.isEmpty || $0.name == namespace }
        let totals = namespace.isEmpty ? statistics.totals : namespaces.first?.counters
        response.totals = totals.map { Messages.Counters($0) }
        response.namespaces = namespaces.map { namespace in
            var stats = NamespaceStats()
            stats.namespace = arena.copy(namespace.name)
            stats.counters = Messages.Counters(namespace.counters)
            return stats
        }
        response.latencies = zip(Operation.allCases, Self.operationNames).map { operation, name in
            OperationLatency(arena.copy(name), latencies.summary(operation))
        }
        var instance = InstanceStats()
        instance.mode = arena.copy(identity.mode)
        instance.version = arena.copy(identity.version)
        instance.startedAt = ProtoTimestamp(startedAt)
        instance.connections = UInt64(shared.connections)
        let rejections = shared.rejections
        instance.rejectedConnections = ConnectionRejection.allCases.compactMap { reason in
            rejections[reason].map { RejectedConnections(arena.copy(reason.rawValue), count: $0) }
        }
        instance.watchers = UInt64(hubs.reduce(0) { $0 + $1.watchers })
        instance.eventsDelivered = hubs.reduce(0) { $0 + $1.eventsDelivered }
        instance.resets = hubs.reduce(0) { $0 + $1.resets }
        instance.historyEvents = UInt64(log.eventCount)
        response.instance = instance
        return FramedMessage { response.encode(in: arena, reserve: $0) }
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
    init(_ counters: EngineCounters) {
        self.init()
        hits = counters.hits
        misses = counters.misses
        let reads = counters.hits + counters.misses
        hitRate = reads == 0 ? 0 : Double(counters.hits) / Double(reads)
        sets = counters.sets
        deletes = counters.deletes
        evictions = counters.evictions
        expirations = counters.expirations
        invalidations = counters.invalidations
        l1Size = UInt64(counters.entries)
        l1Bytes = UInt64(counters.bytes)
        l1MaxBytes = UInt64(counters.maxBytes)
        coalesced = counters.coalesced
        rejectedForRoom = counters.rejectedForRoom
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
