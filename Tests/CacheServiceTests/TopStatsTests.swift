// What is used most, as a client reads it from Stats; without a network.

import GRPC
import Messages
import Testing

@testable import CacheService

@Suite struct TopStatsTests {
    private func stats(
        _ wire: ServiceWire, top: UInt32, namespace: String = ""
    ) throws -> StatsResponse {
        try wire.call("Stats", request(wire, top: top, namespace), as: StatsResponse.self)
    }

    private func request(_ wire: ServiceWire, top: UInt32, _ namespace: String) -> StatsRequest {
        var request = StatsRequest()
        request.top = top
        request.namespace = wire.arena.copy(namespace)
        return request
    }

    private func drive(_ wire: ServiceWire) throws {
        _ = try wire.set("user:1", "Ada")
        _ = try wire.set("short:1", String(repeating: "x", count: 1_000))
        for _ in 0..<3 { _ = try wire.get("user:1") }
        _ = try wire.get("short:1")
        _ = try wire.get("short:nobody:name")
        var batch = GetMultiRequest()
        batch.keys = ["user:1", "user:2", "user:3", ""]
        _ = try wire.call("GetMulti", batch, as: GetMultiResponse.self)
    }

    @Test("every read of a quiet server counts, those of batches too")
    func counted() throws {
        let wire = try ServiceWire()
        try drive(wire)
        let top = try #require(try stats(wire, top: 10).top)
        #expect(top.hottestKeys.map(\.key.string) == ["user:1", "short:1"])
        #expect(top.hottestKeys.map(\.share) == [0.5, 0.125])
        #expect(top.hottestKeys[0].readsPerSecond > 0)
        #expect(top.missedPrefixes.first?.prefix.string == "user:")
        #expect(
            Set(top.missedPrefixes.map(\.prefix.string)) == ["user:", "short:", "short:nobody:"])
        let user = top.missedPrefixes[0]
        #expect(user.share == 2.0 / 3 && user.missRate > 0.5 && user.missesPerSecond > 0)
        #expect(top.largestEntries.map(\.key.string) == ["short:1", "user:1"])
        #expect(top.largestEntries[0].bytes > 1_000 && top.largestEntries[1].bytes < 500)
    }

    @Test("no more are told than asked, those of one namespace alone, and none unasked")
    func asked() throws {
        let wire = try ServiceWire()
        try drive(wire)
        #expect(try stats(wire, top: 0).top == nil)
        let one = try #require(try stats(wire, top: 1).top)
        #expect(one.hottestKeys.count == 1 && one.missedPrefixes.count == 1)
        #expect(one.largestEntries.count == 1)
        let short = try #require(try stats(wire, top: 10, namespace: "short").top)
        #expect(short.hottestKeys.map(\.key.string) == ["short:1"])
        #expect(short.largestEntries.map(\.key.string) == ["short:1"])
        #expect(short.missedPrefixes.allSatisfy { $0.prefix.string.hasPrefix("short:") })
    }

    @Test("more than a hundred are refused")
    func refused() throws {
        let wire = try ServiceWire()
        #expect(try stats(wire, top: 100).top == TopStats())
        let status = try wire.refusal("Stats", request(wire, top: 101, ""))
        #expect(status.code == .invalidArgument && status.message.hasPrefix("top: "))
        #expect(status.reason(in: wire.arena) == "INVALID_TOP")
    }
}
