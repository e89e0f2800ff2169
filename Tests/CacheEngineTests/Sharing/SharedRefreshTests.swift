// Tests refreshes of entries that are shared; no clock but the test's.

import Locks
import Testing

@testable import CacheEngine

@Suite struct SharedRefreshTests {
    private let engine = CacheEngine(
        configuration: EngineConfiguration(maxBytes: 1 << 20, stripes: 1), hashSeed: (1, 2),
        partitions: 4, commit: { _ in 0 })
    private let start = Timestamp(nanoseconds: 1_000_000_000)
    private let rules = RefreshRules(pauseAfterFailure: .seconds(5))

    /// Entries are stale after 10 s, expire after 60 s, and their value is their version.
    private func land(_ fill: Fill, _ version: UInt64, at now: Timestamp) {
        let stamp = SharedStamp(
            version: version, createdAt: now, expiresAt: now + .seconds(60),
            softExpiresAt: now + .seconds(10), heldUntil: now + .seconds(60))
        "k".withBytes { key in
            "\(version)".withBytes {
                _ = engine.land(fill, EntryDraft(key: key, value: $0), stamp, now: now)
            }
        }
    }

    private func board(at now: Timestamp) -> FillBoarding {
        "k".withBytes { engine.board($0, partition: 1, now: now) }
    }

    private func fill() throws {
        guard case .leads(let fill) = board(at: start) else { throw Unexpected() }
        land(fill, 5, at: start)
    }

    private func entry(at now: Timestamp) throws -> CacheEntry {
        guard case .hit(let entry) = board(at: now) else { throw Unexpected() }
        return entry
    }

    private func refresh(at now: Timestamp) throws -> Fill? {
        engine.beginRefresh(of: try entry(at: now), partition: 1, rules, now: now)
    }

    @Test("A stale entry is served, and the first of its readers refreshes it")
    func one() throws {
        try fill()
        #expect(try refresh(at: start + .seconds(9)) == nil, "it is fresh")
        let later = start + .seconds(10)
        let refresh = try #require(try refresh(at: later))
        for _ in 0..<5 {
            #expect(try self.refresh(at: later) == nil)
            #expect(try entry(at: later).isStale(at: later))
        }
        land(refresh, 6, at: later)
        let fresh = try entry(at: later)
        #expect(fresh.version == 6 && !fresh.isStale(at: later))
        #expect(try self.refresh(at: later) == nil)
        #expect(try self.refresh(at: later + .seconds(10)) != nil)
    }

    @Test("A failed one leaves the entry, and its key alone for a while")
    func failing() throws {
        try fill()
        for round in 0..<3 {
            let now = start + .seconds(10 + 5 * round)
            let refresh = try #require(try refresh(at: now))
            engine.failRefresh(refresh, LoaderFailure(), rules, now: now)
            #expect(try self.refresh(at: now + .seconds(4.9)) == nil)
            #expect(try entry(at: now).version == 5)
        }
        guard case .leads = board(at: start + .seconds(60)) else {
            return #expect(Bool(false), "it has expired")
        }
    }

    @Test("News during a refresh keeps its value out, and so does a reset of its partition")
    func overtaken() throws {
        try fill()
        let now = start + .seconds(10)
        let first = try #require(try refresh(at: now))
        "k".withBytes { _ = engine.drop($0, olderThan: 9) }
        land(first, 6, at: now)
        guard case .leads(let next) = board(at: now) else { throw Unexpected() }
        land(next, 9, at: now)
        let second = try #require(try refresh(at: now + .seconds(10)))
        engine.reset(partition: 1)
        land(second, 10, at: now)
        guard case .leads = board(at: now) else {
            return #expect(Bool(false), "nothing of before the reset is there")
        }
    }

    @Test("Who finds no entry any more joins its refresh")
    func joined() throws {
        try fill()
        let refresh = try #require(try refresh(at: start + .seconds(59)))
        let late = start + .seconds(60)
        guard case .joins(let wait) = board(at: late) else { throw Unexpected() }
        let version = Locked<UInt64?>(nil)
        wait.whenComplete { outcome in
            let found = try? outcome.get()?.version
            version.withLock { $0 = found }
        }
        land(refresh, 6, at: late)
        #expect(version.withLock { $0 } == 6)
    }
}

private struct Unexpected: Error {}
