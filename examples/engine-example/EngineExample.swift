// The engine as a library: a cache of 64 MiB in a program of one's own.

import CacheEngine
import Synchronization

@main
struct EngineExample {
    private static let lastRevision = Atomic<UInt64>(0)
    private static let started = ContinuousClock.now

    /// The engine has no clock: a program says what time it is, in nanoseconds since 1970 or, where
    /// nobody else looks at it, since any other moment.
    @Sendable private static func now() -> Timestamp {
        Timestamp(nanoseconds: 0) + (ContinuousClock.now - started)
    }

    private static func text(_ value: [UInt8]?) -> String {
        value.map { String(decoding: $0, as: UTF8.self) } ?? "nobody"
    }

    static func main() async throws {
        let cache = CacheEngine(
            configuration: EngineConfiguration(
                maxBytes: 64 << 20, defaultTTL: .seconds(3_600),
                namespaces: [
                    NamespaceConfiguration(name: "thumbnail", ttl: .never, eviction: .size)
                ]),
            // Random, so that nobody can choose keys that collide.
            hashSeed: (.random(in: .min ... .max), .random(in: .min ... .max)),
            // Called for each change, under the lock of its key: here it is counted only.
            commit: { _ in lastRevision.add(1, ordering: .relaxed).newValue })

        _ = cache.set("user:123", Array("Ada".utf8), ttl: .after(.seconds(60)), now: now())
        let found = cache.value(of: "user:123", now: now())
        print("user:123 is", text(found))

        // However many ask at once, it is loaded once.
        let loaded = try await cache.load(Array("user:124".utf8), now: now) {
            Loaded(value: Array("Grace".utf8), softTTL: .seconds(30))
        }
        withExtendedLifetime(loaded) { print("user:124 is", text(loaded.map { Array($0.value) })) }

        _ = cache.delete("user:123", now: now())
        print("user:123 is", text(cache.value(of: "user:123", now: now())))

        let totals = cache.statistics().totals
        print("\(totals.hits) hits, \(totals.misses) misses, \(totals.entries) entries")
    }
}
