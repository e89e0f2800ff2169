// What was evicted and why, as a client reads it from Stats; without a network.

import CacheEngine
import GRPC
import Messages
import Testing

@testable import CacheService

@Suite struct EvictionStatsTests {
    private func stats(_ wire: ServiceWire, _ namespace: String = "") throws -> StatsResponse {
        var request = StatsRequest()
        request.namespace = wire.arena.copy(namespace)
        return try wire.call("Stats", request, as: StatsResponse.self)
    }

    private func told(_ evictions: [EvictionStats]) -> [String] {
        evictions.map { "\($0.policy.string) \($0.reason.string) \($0.count)" }
    }

    @Test("each policy and reason has its count, and a namespace its policy and reasons")
    func counted() throws {
        var engine = EngineConfiguration(
            maxBytes: 1 << 24,
            namespaces: [
                NamespaceConfiguration(name: "recent", maxEntries: 10, eviction: .lru),
                NamespaceConfiguration(name: "kept", eviction: .none),
            ])
        let wire = try ServiceWire()
        wire.service.engine.reconfigure(engine)
        #expect(try stats(wire).evictions.isEmpty)
        for number in 0..<30 { _ = try wire.set("recent:\(number)", "v") }
        engine.namespaces[0].maxEntries = 4
        engine.namespaces[0].eviction = .fifo
        wire.service.engine.reconfigure(engine)
        let all = try stats(wire)
        #expect(told(all.evictions) == ["lru order 20", "fifo shrunk 6"])
        #expect(all.namespaces.map(\.policy.string) == ["tinylfu", "fifo", "none"])
        #expect(told(all.namespaces[1].evictions) == [" order 20", " shrunk 6"])
        #expect(all.namespaces[0].evictions.isEmpty && all.totals?.evictions == 26)
        let one = try stats(wire, "recent")
        #expect(one.evictions.isEmpty && told(one.namespaces[0].evictions).count == 2)
    }
}
