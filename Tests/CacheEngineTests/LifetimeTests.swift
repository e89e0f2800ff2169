// Tests what becomes of times to live: jitter, soft expiry, adaption to use.

import Testing

@testable import CacheEngine

@Suite struct LifetimeTests {
    private static let hour: Int64 = 3_600_000_000_000
    private let now = Timestamp(nanoseconds: 1_000_000_000)

    private func life(
        _ ttl: TimeToLive, soft: Duration? = nil, _ rules: LifetimeRules = LifetimeRules(),
        uses: Int? = nil, chance: Chance = .least
    ) -> Life {
        Life(
            ttl, standard: Self.hour, softNanoseconds: soft?.saturatedNanoseconds ?? .max,
            rules: rules, uses: uses, now: now, chance: chance)
    }

    private func cache(_ lifetime: LifetimeRules) -> TestCache {
        TestCache(
            EngineConfiguration(
                maxBytes: 1 << 24,
                namespaces: [
                    NamespaceConfiguration(
                        name: "bent", ttl: .after(.seconds(100)), lifetime: lifetime)
                ]))
    }

    private func seconds(_ cache: TestCache, _ key: String) throws -> Double {
        let entry = try #require(cache.peek(key))
        return (entry.expiresAt - cache.now) / .seconds(1)
    }

    @Test("Without rules a time to live is what it is, to the nanosecond")
    func plain() {
        let odd = Duration.nanoseconds(123_456_789_012_345_677)
        #expect(life(.after(odd), chance: .most).expiresAt == now + odd)
        #expect(life(.inherited, uses: 3, chance: .middle).expiresAt == now + .seconds(3_600))
        #expect(life(.never, chance: .most) == Life(expiresAt: .never))
    }

    @Test("Jitter takes off up to its part, and never adds anything")
    func jitter() {
        let rules = LifetimeRules(jitter: 0.25)
        #expect(life(.inherited, rules, chance: .least).expiresAt == now + .seconds(3_600))
        let middle = life(.inherited, rules, chance: .middle).expiresAt
        #expect(middle == now + .seconds(3_150))
        let least = life(.inherited, rules, chance: .most).expiresAt
        #expect(least >= now + .seconds(2_700) && least < now + .seconds(2_701))
        #expect(life(.never, rules, chance: .most).expiresAt == .never)
        let given = life(.after(.seconds(10)), rules, chance: .most).expiresAt
        #expect(given >= now + .seconds(7.5) && given < now + .seconds(8))
        #expect(life(.after(.nanoseconds(1)), rules, chance: .most).expiresAt > now)
        #expect(LifetimeRules(jitter: 9).rest(.most) >= 0.5)
        #expect(LifetimeRules(jitter: -1).rest(.most) == 1)
    }

    @Test("Entries that are written together do not expire together")
    func spread() throws {
        let cache = cache(LifetimeRules(jitter: 0.2))
        var counts = [Int](repeating: 0, count: 20)
        for number in 0..<2_000 {
            cache.set("bent:\(number)")
            let left = try seconds(cache, "bent:\(number)")
            #expect(left > 80 && left <= 100)
            counts[min(19, Int(left - 80))] += 1
        }
        for count in counts { #expect(count > 50 && count < 150) }
        cache.set("other", ttl: .after(.seconds(100)))
        #expect(try seconds(cache, "other") == 100)
    }

    @Test("A touched entry and one with a time of its own are spread, too")
    func everyWrite() throws {
        let cache = cache(LifetimeRules(jitter: 0.5))
        var different = Set<Double>()
        for number in 0..<20 {
            cache.set("bent:\(number)", ttl: .after(.seconds(10)))
            let written = try seconds(cache, "bent:\(number)")
            cache.touch("bent:\(number)", ttl: .after(.seconds(1_000)))
            let touched = try seconds(cache, "bent:\(number)")
            #expect(written > 5 && written <= 10 && touched > 500 && touched <= 1_000)
            different.formUnion([written, touched])
        }
        #expect(different.count == 40)
    }

    @Test("Chance is the same for the same hash and moment, and evenly spread otherwise")
    func chance() {
        #expect(Chance(1, at: now).number == Chance(1, at: now).number)
        #expect(Chance(1, at: now).number != Chance(2, at: now).number)
        var ones = 0
        for step in 0..<1_000 {
            ones += Chance(7, at: now + .nanoseconds(step)).number.nonzeroBitCount
        }
        #expect(abs(ones - 32_000) < 1_000)
        #expect(Chance.least.fraction == 0 && Chance.middle.fraction == 0.5)
        #expect(Chance.most.fraction > 0.999 && Chance.most.fraction < 1)
    }

    @Test("A value gets stale after its time, which jitter bends and use does not")
    func soft() {
        let soft = life(.after(.seconds(100)), soft: .seconds(10))
        #expect(soft.softExpiresAt == now + .seconds(10))
        #expect(life(.never, soft: .seconds(10)).softExpiresAt == now + .seconds(10))
        #expect(life(.never).softExpiresAt == .never)
        #expect(life(.inherited, soft: .nanoseconds(Int64.max)).softExpiresAt == .never)
        let bent = life(
            .after(.seconds(100)), soft: .seconds(10), LifetimeRules(jitter: 0.5), chance: .middle)
        #expect(bent.softExpiresAt == now + .seconds(7.5))
        let used = life(
            .inherited, soft: .seconds(10), LifetimeRules(adaptsToUse: true), uses: 16)
        #expect(used == Life(expiresAt: now + .seconds(14_400), softExpiresAt: now + .seconds(10)))
    }

    private func write(_ cache: TestCache, _ key: String, _ value: String = "v") {
        key.withBytes { key in
            value.withBytes { value in
                let draft = EntryDraft(
                    key: key, value: value, ttl: .after(.seconds(100))
                ).stale(after: .seconds(10))
                _ = cache.engine.set(draft, now: cache.now)
            }
        }
    }

    @Test(
        "A stale entry is served until it expires, and a touch leaves it stale",
        arguments: [1, 9_000])
    func staleReads(bytes: Int) throws {
        let cache = TestCache()
        let value = String(repeating: "v", count: bytes)
        write(cache, "k", value)
        let entry = try #require(cache.peek("k"))
        #expect(!entry.isStale(at: cache.now) && entry.softExpiresAt == cache.now + .seconds(10))
        cache.advance(by: .seconds(10))
        #expect(entry.isStale(at: cache.now) && cache.get("k") == value)
        let touched = try #require(cache.touch("k", ttl: .never))
        #expect(touched.isStale(at: cache.now) && touched.softExpiresAt == entry.softExpiresAt)
        #expect(touched.text == value && touched.expiresAt == .never)
        #expect(cache.touch("k", ttl: .after(.seconds(100)))?.isStale(at: cache.now) == true)
        cache.advance(by: .seconds(100))
        #expect(cache.get("k") == nil)
    }

    @Test("A soft expiry costs six bytes, and nothing where there is none")
    func footprint() throws {
        let cache = TestCache()
        write(cache, "soft")
        cache.set("hard", "v", ttl: .after(.seconds(100)))
        let (soft, hard) = (try #require(cache.peek("soft")), try #require(cache.peek("hard")))
        #expect(soft.view.bodyCount == hard.view.bodyCount + 6)
        #expect(hard.softExpiresAt == .never && !hard.isStale(at: .never))
    }

    @Test("What is stored with jitter gets stale earlier by the same part")
    func softJitter() throws {
        let cache = cache(LifetimeRules(jitter: 0.5))
        var parts = Set<Int>()
        for number in 0..<50 {
            write(cache, "bent:\(number)")
            let entry = try #require(cache.peek("bent:\(number)"))
            let hard = (entry.expiresAt - cache.now) / .seconds(100)
            let soft = (entry.softExpiresAt - cache.now) / .seconds(10)
            #expect(hard > 0.5 && hard <= 1 && abs(hard - soft) < 0.001)
            parts.insert(Int(hard * 1_000))
        }
        #expect(parts.count > 40)
    }

    @Test(
        "A life is halved for what nobody used, and doubled for each fourfold of uses",
        arguments: [(0, 0.5), (1, 1), (3, 1), (4, 2), (15, 2), (16, 4), (9_999, 4)])
    func factors(uses: Int, factor: Double) throws {
        #expect(LifetimeRules.factor(uses: uses) == factor)
        #expect(LifetimeRules.factor(uses: nil) == 1)
        let cache = cache(LifetimeRules(adaptsToUse: true))
        cache.set("bent:k")
        #expect(try seconds(cache, "bent:k") == 100)
        for _ in 0..<uses { _ = cache.get("bent:k") }
        cache.set("bent:k")
        #expect(try seconds(cache, "bent:k") == 100 * factor)
        // What was used before the last write does not count any more.
        cache.touch("bent:k")
        #expect(try seconds(cache, "bent:k") == 50)
    }

    @Test("What a caller gives is kept to, and other namespaces do not adapt")
    func givenByCallers() throws {
        let cache = cache(LifetimeRules(adaptsToUse: true))
        for key in ["bent:k", "other"] {
            for _ in 0..<2 {
                cache.set(key, ttl: .after(.seconds(10)))
                #expect(try seconds(cache, key) == 10)
                for _ in 0..<30 { _ = cache.get(key) }
            }
        }
        cache.set("bent:k", ttl: .never)
        #expect(cache.peek("bent:k")?.expiresAt == .never)
    }

    @Test("An entry that had expired by the time it was written again counts by its uses alone")
    func afterExpiry() throws {
        let cache = cache(LifetimeRules(adaptsToUse: true))
        for key in ["bent:used", "bent:unused"] { cache.set(key) }
        for _ in 0..<5 { _ = cache.get("bent:used") }
        cache.advance(by: .seconds(100))
        for key in ["bent:used", "bent:unused"] { cache.set(key) }
        #expect(try seconds(cache, "bent:used") == 200)
        #expect(try seconds(cache, "bent:unused") == 100)
    }

    @Test("A reconfiguration turns adaption on and off")
    func reconfigured() throws {
        let cache = TestCache()
        var configuration = EngineConfiguration(
            maxBytes: 1 << 20,
            namespaces: [
                NamespaceConfiguration(
                    name: "a", ttl: .after(.seconds(100)),
                    lifetime: LifetimeRules(adaptsToUse: true))
            ])
        cache.engine.reconfigure(configuration)
        func written() throws -> Double {
            for _ in 0..<20 { _ = cache.get("a:k") }
            cache.set("a:k")
            return try seconds(cache, "a:k")
        }
        #expect(try written() == 100)
        #expect(try written() == 400)
        configuration.namespaces[0].lifetime = LifetimeRules()
        cache.engine.reconfigure(configuration)
        #expect(try written() == 100)
    }

    @Test("The uses of however many keys that are gone do not make a new one look used")
    func usesFade() {
        var uses = UseCounts()
        let hasher = SipHash(seed: (1, 2))
        for number in 0..<200_000 {
            "gone:\(number)".withBytes { uses.add(hasher.hash($0)) }
        }
        let told = (0..<1_000).reduce(0) { sum, number in
            sum + "new:\(number)".withBytes { uses.count(hasher.hash($0)) }
        }
        #expect(told < 8_000)
        var hot = UseCounts()
        for _ in 0..<100_000 { hot.add(5) }
        #expect(hot.count(5) == UseCounts.most)
        hot.forget(5)
        #expect(hot.count(5) == 0)
    }

    @Test("An entry that was made to last was not counted: its next life is the namespace's own")
    func uncounted() throws {
        let cache = cache(LifetimeRules(adaptsToUse: true))
        cache.set("bent:k", ttl: .never)
        for _ in 0..<9 { _ = cache.get("bent:k") }
        cache.set("bent:k")
        #expect(try seconds(cache, "bent:k") == 100)
        cache.set("bent:k")
        #expect(try seconds(cache, "bent:k") == 50)
    }

    @Test(
        "A touch of a large entry, which is copied first, counts its uses once",
        arguments: [1, 9_000])
    func touched(bytes: Int) throws {
        let cache = cache(LifetimeRules(adaptsToUse: true))
        cache.set("bent:k", String(repeating: "v", count: bytes))
        for _ in 0..<4 { _ = cache.get("bent:k") }
        cache.touch("bent:k")
        #expect(try seconds(cache, "bent:k") == 200)
        cache.touch("bent:k")
        #expect(try seconds(cache, "bent:k") == 50)
    }

    @Test("An entry that is written elsewhere gets its life by the same rules")
    func elsewhere() {
        let cache = cache(LifetimeRules(adaptsToUse: true))
        func seconds(_ ttl: TimeToLive, _ rules: LifetimeRules) -> Double {
            let expiry = "bent:k".withBytes {
                cache.engine.life(
                    of: $0, ttl, standard: .seconds(60), rules: rules, now: cache.now
                ).expiresAt
            }
            return (expiry - cache.now) / .seconds(1)
        }
        let adaptive = LifetimeRules(adaptsToUse: true)
        #expect(seconds(.inherited, adaptive) == 60)
        cache.set("bent:k")
        for _ in 0..<4 { _ = cache.get("bent:k") }
        #expect(seconds(.inherited, LifetimeRules()) == 60)
        #expect(seconds(.after(.seconds(5)), adaptive) == 5)
        #expect(seconds(.inherited, adaptive) == 30)
        for _ in 0..<4 { _ = cache.get("bent:k") }
        #expect(seconds(.inherited, adaptive) == 120)
        let jittered = seconds(.inherited, LifetimeRules(jitter: 0.5))
        #expect(jittered > 30 && jittered < 60)
    }
}

extension Chance {
    fileprivate static let least = Chance(number: 0)
    fileprivate static let middle = Chance(number: 1 << 63)
    fileprivate static let most = Chance(number: .max)
}
