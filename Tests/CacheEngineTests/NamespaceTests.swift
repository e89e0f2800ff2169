// Tests which namespace a key has, and what that decides.

import Testing

@testable import CacheEngine

@Suite struct NamespaceTests {
    private let table = NamespaceTable(
        EngineConfiguration(
            maxBytes: 1_000,
            namespaces: [
                NamespaceConfiguration(name: "user"), NamespaceConfiguration(name: "session"),
                NamespaceConfiguration(name: "", ttl: .never),
            ]))

    private func name(_ key: String) -> String {
        let index = key.withBytes { table.index(of: $0) }
        return String(decoding: table.namespaces[index].name, as: UTF8.self)
    }

    @Test("The namespace is what stands before the first colon, where that is configured")
    func lookUp() {
        #expect(name("user:1") == "user")
        #expect(name("user:1:2") == "user")
        #expect(name("session:") == "session")
        #expect(name(":x") == "")
        #expect(name("user") == "default")
        #expect(name("users:1") == "default")
        #expect(name("use:1") == "default")
        #expect(name("default:1") == "default")
        #expect(name("a-name-longer-than-every-configured-one:1") == "default")
    }

    @Test("The time to live is the call's, else the namespace's, else the default's")
    func timeToLive() {
        let cache = TestCache(
            EngineConfiguration(
                maxBytes: 1 << 20, defaultTTL: .seconds(10),
                namespaces: [
                    NamespaceConfiguration(name: "short", ttl: .after(.seconds(1))),
                    NamespaceConfiguration(name: "forever", ttl: .never),
                    NamespaceConfiguration(name: "plain"),
                ]))
        func expiry(_ key: String, _ ttl: TimeToLive) -> Timestamp? {
            cache.set(key, ttl: ttl)
            return cache.peek(key)?.expiresAt
        }
        #expect(expiry("x", .inherited) == cache.now + .seconds(10))
        #expect(expiry("plain:x", .inherited) == cache.now + .seconds(10))
        #expect(expiry("short:x", .inherited) == cache.now + .seconds(1))
        #expect(expiry("forever:x", .inherited) == .never)
        #expect(expiry("short:x", .never) == .never)
        #expect(expiry("forever:x", .after(.seconds(3))) == cache.now + .seconds(3))
        #expect(expiry("x", .after(.seconds(Int64.max))) == .never)
    }

    @Test("A thousand namespaces are all found")
    func many() {
        let names = (0..<1_000).map { "n\($0)" }
        let table = NamespaceTable(
            EngineConfiguration(
                maxBytes: 1, namespaces: names.map { NamespaceConfiguration(name: $0) }))
        for name in names {
            let index = "\(name):key".withBytes { table.index(of: $0) }
            #expect(table.namespaces[index].name == Array(name.utf8))
        }
    }
}
