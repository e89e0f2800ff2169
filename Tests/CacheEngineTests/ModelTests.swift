// Tests the engine against a naive dictionary under random operations.

import Testing

@testable import CacheEngine

/// What the engine should hold, as a dictionary.
private struct Model {
    struct Entry {
        var value: String
        var version: UInt64
        var expiresAt: Timestamp
    }

    var entries: [String: Entry] = [:]
    var version: UInt64 = 0
    var events: [RecordedChange] = []

    mutating func commit(_ kind: ChangeKind, _ key: String) -> UInt64 {
        version += 1
        events.append(RecordedChange(kind: kind, key: key, version: version))
        return version
    }

    /// The living entry; an expired one goes, as on every access but a peek.
    mutating func live(_ key: String, _ now: Timestamp) -> Entry? {
        guard let entry = entries[key] else { return nil }
        if entry.expiresAt > now { return entry }
        entries[key] = nil
        _ = commit(.expire, key)
        return nil
    }

    mutating func store(_ key: String, _ value: String, _ expiresAt: Timestamp, _ kind: ChangeKind)
    {
        let version = commit(kind, key)
        entries[key] = Entry(value: value, version: version, expiresAt: expiresAt)
    }
}

@Suite struct ModelTests {
    @Test("200,000 random operations answer as a naive dictionary does", arguments: [1, 2, 3])
    func model(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let stripes = [1, 8, 64][Int(seed) - 1]
        let cache = TestCache(EngineConfiguration(maxBytes: 1 << 30, stripes: stripes))
        var model = Model()
        for step in 0..<200_000 {
            if Int.random(in: 0..<20, using: &random) == 0 {
                cache.advance(by: .milliseconds(Int64.random(in: 1...400, using: &random)))
            }
            let key = "key:\(Int.random(in: 0..<300, using: &random))"
            let agrees: Bool
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30: agrees = cache.get(key) == model.live(key, cache.now)?.value
            case 30..<55: agrees = set(key, "\(step)", cache, &model, &random)
            case 55..<65: agrees = delete(key, cache, &model, &random)
            case 65..<75: agrees = touch(key, cache, &model, &random)
            case 75..<80:
                let existed = model.live(key, cache.now) != nil
                _ = model.commit(.invalidate, key)
                model.entries[key] = nil
                agrees = cache.invalidate(key) == existed
            default:
                let entry = model.entries[key].flatMap { $0.expiresAt > cache.now ? $0 : nil }
                let found = cache.peek(key)
                agrees = found?.version == entry?.version && found?.text == entry?.value
            }
            #expect(agrees, "step \(step) of seed \(seed)")
            if step % 5_000 == 0 { compare(cache, &model, step) }
            if !agrees { return }
        }
        compare(cache, &model, 200_000)
        #expect(cache.changes == model.events)
    }

    private func expiry(
        _ now: Timestamp, _ random: inout SeededGenerator
    ) -> (TimeToLive, Timestamp) {
        guard Int.random(in: 0..<3, using: &random) > 0 else { return (.inherited, .never) }
        let ttl = Duration.milliseconds(Int64.random(in: 1...20_000, using: &random))
        return (.after(ttl), now + ttl)
    }

    private func set(
        _ key: String, _ value: String, _ cache: TestCache, _ model: inout Model,
        _ random: inout SeededGenerator
    ) -> Bool {
        let current = model.live(key, cache.now)
        let (ttl, expiresAt) = expiry(cache.now, &random)
        let guess = current.map { $0.version + UInt64.random(in: 0...1, using: &random) } ?? 1
        let condition =
            [SetCondition.none, .none, .ifAbsent, .ifPresent, .ifVersion(guess)]
            .randomElement(using: &random) ?? .none
        let reason: NotStoredReason? =
            switch (condition, current) {
            case (.ifAbsent, .some): .exists
            case (.ifPresent, nil), (.ifVersion, nil): .absent
            case (.ifVersion(let version), .some(let entry)) where version != entry.version:
                .versionMismatch
            default: nil
            }
        if reason == nil { model.store(key, value, expiresAt, .set) }
        let outcome = cache.set(key, value, ttl: ttl, condition: condition)
        guard let reason else { return outcome.version == model.version }
        return outcome.reason == reason && outcome.currentVersion == current?.version ?? 0
    }

    private func delete(
        _ key: String, _ cache: TestCache, _ model: inout Model, _ random: inout SeededGenerator
    ) -> Bool {
        let current = model.live(key, cache.now)
        let wanted = [nil, current?.version, 1].randomElement(using: &random) ?? nil
        let outcome = cache.delete(key, ifVersion: wanted)
        guard let current else {
            let version = wanted == nil ? model.commit(.delete, key) : 0
            return outcome == .absent(version: version)
        }
        guard wanted == nil || wanted == current.version else {
            return outcome.existed && !outcome.deleted
                && outcome.currentVersion == current.version
        }
        let version = model.commit(.delete, key)
        model.entries[key] = nil
        return outcome.deleted && outcome.version == version
    }

    private func touch(
        _ key: String, _ cache: TestCache, _ model: inout Model, _ random: inout SeededGenerator
    ) -> Bool {
        let (ttl, expiresAt) = expiry(cache.now, &random)
        let current = model.live(key, cache.now)
        let entry = cache.touch(key, ttl: ttl)
        guard let current else { return entry == nil }
        model.store(key, current.value, expiresAt, .touch)
        return entry?.version == model.version && entry?.expiresAt == expiresAt
            && entry?.text == current.value
    }

    /// Compares all there is, after a sweep, whose order is the engine's own.
    private func compare(_ cache: TestCache, _ model: inout Model, _ step: Int) {
        let due = model.entries.filter { $0.value.expiresAt <= cache.now }.map(\.key)
        #expect(cache.sweep() == due.count, "step \(step)")
        let swept = cache.changes.suffix(due.count)
        #expect(
            swept.map(\.key).sorted() == due.sorted() && swept.allSatisfy { $0.kind == .expire })
        for change in swept {
            model.entries[change.key] = nil
            _ = model.commit(.expire, change.key)
        }
        #expect(cache.keys().sorted() == model.entries.keys.sorted(), "step \(step)")
        let totals = cache.totals
        #expect(totals.entries == model.entries.count)
        let bytes = model.entries.keys.compactMap { cache.peek($0)?.footprintBytes }.reduce(0, +)
        #expect(totals.bytes == bytes)
    }
}
