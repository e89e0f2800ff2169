// What callers are told while servers are dead or stand still, and that all is well afterwards.

import CacheManagerClient
import NIOCore
import Testing

@testable import CacheService

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Why a call failed; nil: it did not.
private func failure(_ call: () async throws -> Void) async throws -> CacheError? {
    do {
        try await call()
        return nil
    } catch let error as CacheError {
        return error
    }
}

@Suite(.realServers) struct SharedFailureTests {
    /// Three namespaces that go three ways, and are soon out of patience.
    private static func threeWays(_ configuration: inout SharedConfiguration) {
        configuration.timeout = .seconds(10)
        configuration.maxStaleness = .milliseconds(100)
        for (name, mode) in [
            ("error", SharedNamespacePolicy.FailureMode.error), ("bypass", .bypass),
            ("serve", .serveL1),
        ] {
            configuration.namespaces[name] = configuration.standard
            configuration.namespaces[name]?.onFailure = mode
        }
    }

    @Test("without its server each namespace does what it says, and recovers by itself")
    func outage() async throws {
        try await withInstances(2, Self.threeWays) { instances, servers in
            let (a, b) = (instances[0].cache, instances[1].cache)
            for name in ["error", "bypass", "serve"] {
                try await a.set("\(name):k", bytes("old"))
                _ = try await b.get("\(name):k")
            }
            servers[0].kill()
            // Until `max_staleness` is over memory may answer.
            try await eventually {
                try await failure { _ = try await b.get("error:k") }?.code == .unavailable
            }
            let error = try #require(try await failure { _ = try await b.get("error:k") })
            #expect(error.reason == "L2_UNAVAILABLE" && error.isRetryable)
            #expect(
                try await failure { try await b.set("error:k", []) }?.reason == "L2_UNAVAILABLE")
            let stale = try #require(try await b.get("serve:k"))
            #expect(stale.isStale && stale.value == bytes("old") && stale.source == .l1)
            #expect(try await b.get("bypass:k") == nil)
            #expect(try await b.set("bypass:k", bytes("x")).isStored == false)
            #expect(
                try await failure { _ = try await b.delete("bypass:k") }?.code == .unavailable)
            #expect(
                try await failure { _ = try await b.touch("serve:k", ttl: .never) }?.code
                    == .unavailable)
            #expect(
                try await failure { try await b.invalidate(.keys(["serve:k"])) }?.code
                    == .unavailable)
            #expect(
                try await failure { try await b.invalidate(.everything) }?.code == .unavailable)
            guard case .stored(0, _) = try await b.set("serve:k", bytes("kept")) else {
                Issue.record("it is kept and sent later")
                return
            }
            #expect(try await b.get("serve:k")?.value == bytes("kept"))
            #expect(try await b.delete("serve:other").isDeleted)
            #expect(
                try await failure { try await b.set("serve:k", [], if: .absent) }?.code
                    == .unavailable)
            try servers[0].restart()
            try await eventually {
                // What was kept for the server gets there.
                try await a.get("serve:k")?.value == bytes("kept")
            }
            try await eventually { try await failure { try await b.set("error:k", []) } == nil }
            try await eventually { try await b.set("bypass:k", []).isStored }
        }
    }

    @Test("an instance that starts before its server serves as soon as that is there")
    func serverComesLater() async throws {
        let server = try RedisServer()
        server.kill()
        let instance = try await TwoLevelInstance.start([[server.address]], waits: false) {
            $0.timeout = .seconds(10)
        }
        #expect(
            try await failure { try await instance.cache.set("k", []) }?.code == .unavailable)
        try server.restart()
        try await eventually {
            try await failure { try await instance.cache.set("k", []) } == nil
        }
        #expect(try await instance.cache.get("k") != nil)
        await instance.stop()
    }

    @Test("one dead server of three: its keys fail, the others' do not")
    func oneOfThree() async throws {
        try await withInstances(1, servers: 3, { $0.timeout = .seconds(10) }) {
            instances, servers in
            let cache = instances[0].cache
            let keys = (0..<60).map { "k\($0)" }
            for item in try await cache.set(all: keys.map { .init(key: $0, value: []) }) {
                #expect(try item.get().isStored)
            }
            servers[1].kill()
            try await eventually {
                let codes = try await cache.get(all: keys, mode: .skipL1).map { item in
                    if case .failure(let error) = item.result { error.code.rawValue } else { "" }
                }
                return Set(codes) == ["", CacheError.Code.unavailable.rawValue]
            }
            let partial = try await cache.invalidate(.pattern("k*"))
            #expect(!partial.isComplete && partial.invalidated > 0)
        }
    }

    @Test("asynchronous writes are read at once here, and soon everywhere")
    func asynchronous() async throws {
        try await withInstances(2, { $0.standard.writes = .async }) { instances, _ in
            let (a, b) = (instances[0].cache, instances[1].cache)
            for number in 0..<200 {
                guard case .stored(0, _) = try await a.set("k\(number % 5)", bytes("\(number)"))
                else {
                    Issue.record("its version is not known yet")
                    return
                }
                #expect(try await a.get("k\(number % 5)")?.value == bytes("\(number)"))
            }
            for number in 195..<200 {
                try await eventually {
                    try await b.get("k\(number % 5)")?.value == bytes("\(number)")
                }
            }
            #expect(try await a.delete("k0").isDeleted)
            #expect(try await a.get("k0") == nil)
            try await eventually { try await b.get("k0") == nil }
            guard case .stored(let version, _) = try await a.set("k1", [], if: .present) else {
                Issue.record("a condition is judged by the servers")
                return
            }
            #expect(version > 0)
            try await a.set("k2", bytes("pending"))
            #expect(try await a.invalidate(.pattern("k2")).invalidated >= 1)
            #expect(try await a.get("k2") == nil)
            #expect(await instances[0].level.drain(deadline: .now() + .seconds(20)) == 0)
        }
    }
}
