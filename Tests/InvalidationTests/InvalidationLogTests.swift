// The log: revisions, the ring, and what a reader is told.

import Testing

@testable import Invalidation

extension InvalidationLog {
    @discardableResult
    func append(
        key: String, kind: InvalidationKind = .set, writer: String = "", cause: String = ""
    ) -> UInt64 {
        append({ .key($0) }, key, kind: kind, writer: writer, cause: cause)
    }

    @discardableResult
    func append(tag: String, writer: String = "") -> UInt64 {
        append({ .tag($0) }, tag, kind: .invalidate, writer: writer, cause: "")
    }

    @discardableResult
    func append(pattern: String, writer: String = "") throws -> UInt64 {
        let glob = try Glob(pattern)
        return append({ _ in .pattern(glob) }, "", kind: .invalidate, writer: writer, cause: "")
    }

    @discardableResult
    func appendEverything(writer: String = "") -> UInt64 {
        append({ _ in .everything }, "", kind: .invalidate, writer: writer, cause: "")
    }

    private func append(
        _ target: (UnsafeRawBufferPointer) -> InvalidationTarget, _ text: String,
        kind: InvalidationKind, writer: String, cause: String
    ) -> UInt64 {
        Array(text.utf8).withUnsafeBytes { text in
            Array(writer.utf8).withUnsafeBytes { writer in
                Array(cause.utf8).withUnsafeBytes { cause in
                    append(target(text), kind: kind, writer: writer, cause: cause)
                }
            }
        }
    }
}

func partition(of key: String) -> Int {
    Array(key.utf8).withUnsafeBytes { Partitioning.partition(of: $0) }
}

@Suite("The invalidation log")
struct InvalidationLogTests {
    @Test("numbers the changes of a partition from 1 without a gap")
    func contiguity() {
        let log = InvalidationLog(epoch: 1, feedCount: 0)
        #expect((0..<100).map { _ in log.append(key: "a") } == Array(1...100))
        #expect(log.append(key: "b") == 1)
        #expect(log.revision(of: partition(of: "a")) == 100)
        #expect(log.position().revisions.reduce(0, +) == 101)
    }

    @Test("keeps what an event says")
    func content() throws {
        let log = InvalidationLog(epoch: 1, feedCount: 0)
        log.append(key: "user:1", kind: .touch, writer: "w", cause: "why")
        let result = log.read(partition(of: "user:1"), after: 0, in: 1, limit: 10)
        guard case .events(let events) = result, let event = events.first else {
            Issue.record("no event")
            return
        }
        #expect(events.count == 1)
        #expect(describe(event) == "touch key user:1 by w because why")
        #expect(event.partition == partition(of: "user:1"))
        #expect(event.revision == 1)
    }

    @Test("keeps one event for a pattern, a tag or everything")
    func otherTargets() throws {
        let log = InvalidationLog(epoch: 1, feedCount: 0)
        try log.append(pattern: "user:*")
        log.append(tag: "red", writer: "w")
        log.appendEverything()
        let events = (0..<Partitioning.count).flatMap { partition -> [InvalidationEvent] in
            if case .events(let events) = log.read(partition, after: 0, in: 1, limit: 10) {
                events
            } else {
                []
            }
        }
        #expect(
            Set(events.map(describe)) == [
                "invalidate pattern user:* by  because ", "invalidate tag red by w because ",
                "invalidate everything by  because ",
            ])
    }

    @Test("forgets the oldest when the ring is full, and says so")
    func wrap() {
        let log = InvalidationLog(epoch: 1, eventsPerPartition: 8, feedCount: 0)
        for _ in 0..<20 { log.append(key: "a") }
        let partition = partition(of: "a")
        #expect(revisions(log.read(partition, after: 12, in: 1, limit: 100)) == Array(13...20))
        #expect(revisions(log.read(partition, after: 12, in: 1, limit: 3)) == [13, 14, 15])
        #expect(revisions(log.read(partition, after: 19, in: 1, limit: 3)) == [20])
        guard case .lost = log.read(partition, after: 11, in: 1, limit: 1),
            case .none = log.read(partition, after: 20, in: 1, limit: 1),
            case .lost = log.read(partition, after: 21, in: 1, limit: 1)
        else {
            Issue.record("the edges of the ring are wrong")
            return
        }
    }

    @Test("keeps less when events are large, but always the newest")
    func byteBound() {
        var ring = EventRing(maxEvents: 100, maxBytes: 1_000)
        func append(_ count: Int) {
            let key = [UInt8](repeating: 0x61, count: count)
            key.withUnsafeBytes { key in
                ring.append(
                    InvalidationEvent(
                        partition: 0, revision: ring.last + 1, target: .key(key), kind: .set,
                        writer: .init(start: nil, count: 0), cause: .init(start: nil, count: 0)))
            }
        }
        for _ in 0..<300 { append(1) }
        #expect(ring.last + 1 - ring.first < 20)
        append(5_000)
        #expect(ring.first == ring.last)
        #expect(ring.events(after: ring.last - 1, limit: 5).count == 1)
        for _ in 0..<300 { append(1) }
        #expect(ring.last + 1 - ring.first > 5)
    }

    @Test("counts what a pattern compiles to, not just how it is written")
    func patternFootprint() throws {
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        for (pattern, leastBytes) in [
            (String(repeating: "?", count: 1_024), 1_024 * 16), ("*[a-z0-9_]*[^x]", 6 * 8 + 4 * 16),
        ] {
            let glob = try Glob(pattern)
            let event = InvalidationEvent(
                partition: 0, revision: 1, target: .pattern(glob), kind: .invalidate,
                writer: empty, cause: empty)
            #expect(event.footprintBytes >= leastBytes + pattern.utf8.count)
        }
    }

    private func revisions(_ result: InvalidationLog.ReadResult) -> [UInt64] {
        if case .events(let events) = result { events.map(\.revision) } else { [] }
    }
}

/// An event in words.
func describe(_ event: InvalidationEvent) -> String {
    func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
    return withExtendedLifetime(event) {
        let target =
            switch event.target {
            case .key(let key): "key \(text(key))"
            case .pattern(let glob): "pattern \(glob)"
            case .tag(let tag): "tag \(text(tag))"
            case .everything: "everything"
            }
        return "\(event.kind) \(target) by \(text(event.writer)) because \(text(event.cause))"
    }
}
