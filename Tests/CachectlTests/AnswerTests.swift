// What answers look like for people and for programs.

import Console
import Testing

@testable import CacheManagerClient
@testable import cachectl

@Suite struct AnswerTests {
    private func entry(_ value: [UInt8]) -> EntryAnswer {
        EntryAnswer(
            key: "user:1",
            CacheEntry(
                key: "user:1", value: value, version: 18_446_744_073_709_551_615, source: .l1,
                cachedAt: CacheInstant(seconds: 1), expiresAt: nil, isStale: false,
                contentType: "text/plain", metadata: ["owner": "billing"], tags: ["a", "b"]))
    }

    @Test("an entry's JSON has a text value as it is, and sorted names")
    func textEntry() {
        let json = JSONLine.text(entry(Array(#"{"a":1}/é"#.utf8)))
        let expected = #"""
            {"cachedAt":"1970-01-01T00:00:01Z","contentType":"text/plain","hit":true,\#
            "key":"user:1","metadata":{"owner":"billing"},"notModified":false,\#
            "source":"l1","stale":false,\#
            "tags":["a","b"],"value":"{\"a\":1}/é","version":18446744073709551615}
            """#
        #expect(json == expected)
    }

    @Test("a value that is not UTF-8 is base64 under another name")
    func binaryEntry() {
        let json = JSONLine.text(entry([0xFF, 0x00, 0x01]))
        #expect(json.contains(#""value_base64":"/wAB""#))
        #expect(!json.contains(#""value":"#))
    }

    @Test("an empty value is there, and one that went into a file is not")
    func emptyAndFile() {
        var entry = entry([])
        #expect(JSONLine.text(entry).contains(#""value":"","#))
        entry.showsValue = false
        #expect(!JSONLine.text(entry).contains("value"))
    }

    @Test("a miss says so and nothing else")
    func miss() {
        let answer = EntryAnswer(key: "user:1", CacheEntry?.none)
        #expect(JSONLine.text(answer) == #"{"hit":false,"key":"user:1"}"#)
    }

    @Test("the details of an entry are a line each, without the value")
    func details() {
        let lines = entry(Array("secret".utf8)).details
        #expect(lines.contains("version       18446744073709551615"))
        #expect(lines.contains("expires       never"))
        #expect(lines.contains("metadata      owner=billing"))
        #expect(lines.contains("tag           b"))
        #expect(!lines.contains { $0.contains("secret") })
    }

    @Test("a write that was not stored says why; only for room is it a refusal")
    func notStored() {
        let reasons: [(SetOutcome.NotStored, String, ProgramExit)] = [
            (.exists, "exists", .unmet), (.absent, "absent", .unmet),
            (.versionMismatch, "version_mismatch", .unmet), (.noRoom, "no_room", .refused),
            (.l2Unavailable, "l2_unavailable", .refused), (.unknown, "unknown", .unmet),
        ]
        for (reason, name, exit) in reasons {
            let answer = SetAnswer(key: "k", .notStored(reason, version: 7))
            #expect(answer.exit == exit)
            #expect(
                JSONLine.text(answer)
                    == #"{"currentVersion":7,"key":"k","reason":"\#(name)","stored":false}"#)
        }
    }

    @Test("outcomes read as sentences")
    func sentences() {
        let set = SetAnswer(key: "k", .stored(version: 3, expiresAt: nil))
        #expect(set.text == "stored k, version 3, never expires")
        let later = SetAnswer(key: "k", .stored(version: 0, expiresAt: nil))
        #expect(later.text == "stored k, still to be shared, never expires")
        let delete = DeleteOutcome(
            existed: false, isDeleted: false, version: 4, currentVersion: nil)
        #expect(DeleteAnswer(key: "k", delete).text == "k does not exist")
        #expect(ExistsAnswer(key: "k", nil).text == "k does not exist")
        #expect(TouchAnswer(key: "k", nil).text == "k does not exist")
        var invalidate = InvalidateOutcome(
            invalidated: 1, isComplete: true, position: .init(bytes: [0]))
        #expect(InvalidateAnswer(invalidate).text == "invalidated 1 entry")
        invalidate.isComplete = false
        #expect(InvalidateAnswer(invalidate).text.contains("run it again"))
    }

    private static var counters: CacheStats.Counters {
        CacheStats.Counters(
            hits: .max, misses: .max, hitRate: 0.5, sets: .max, deletes: .max, evictions: .max,
            expirations: 0, invalidations: 0, l1Size: .max, l1Bytes: 999 << 40,
            l1MaxBytes: 16 << 40, l2Hits: 0, l2Misses: 0, l2Errors: 0, coalesced: 0,
            rejectedForRoom: 0)
    }

    /// An instance without a shared level.
    static var alone: CacheStats {
        CacheStats(
            totals: Self.counters,
            namespaces: [
                .init(namespace: String(repeating: "n", count: 64), counters: Self.counters)
            ],
            latencies: [
                .init(
                    operation: "StreamInvalidations", count: .max, p50: .microseconds(12),
                    max: .seconds(999))
            ],
            shards: [], shared: nil,
            instance: .init(
                mode: "embedded", version: "1", connections: 0, watchers: 0, eventsDelivered: 0,
                historyEvents: 0, resets: 0,
                rejectedConnections: [
                    .init(reason: "too_many_resets", count: 3),
                    .init(reason: "not_http2", count: 4),
                ]))
    }

    @Test("evictions are told by policy and reason, of one namespace by reason")
    func evictions() {
        var stats = Self.alone
        stats.evictions = [
            .init(policy: "tinylfu", reason: "not_admitted", count: 1_234),
            .init(policy: "lru", reason: "order", count: 5),
        ]
        let text = StatsAnswer(stats).text
        #expect(text.contains("EVICTED BY  REASON        COUNT\ntinylfu     not_admitted   1234\n"))
        #expect(text.contains("\nlru         order             5\n"))
        #expect(
            JSONLine.text(StatsAnswer(stats)).contains(
                #""evictions":[{"count":1234,"policy":"tinylfu","reason":"not_admitted"},"#))
        stats.evictions = []
        stats.namespaces[0].evictions = [.init(policy: "", reason: "shrunk", count: 2)]
        #expect(StatsAnswer(stats).text.contains("\n-           shrunk      2\n"))
    }

    @Test("statistics fit into 80 columns even when everything is large")
    func statistics() {
        var stats = Self.alone
        stats.compression = .init(
            compressed: 12, leftPlain: 3, bytesBefore: 999 << 40, bytesAfter: 999 << 30)
        let lines = StatsAnswer(stats).text.split(separator: "\n")
        for line in lines { #expect(line.count <= 80, "\(line)") }
        #expect(lines.contains("values: 12 compressed, 999 TiB to 999 GiB; 3 not worth it"))
        #expect(!StatsAnswer(Self.alone).text.contains("compressed"))
        #expect(!StatsAnswer(Self.alone).text.contains("EVICTED BY"))
        #expect(lines.contains("connections: 0 open, 7 rejected; watchers: 0, 0 resets"))
        #expect(lines.contains { $0.hasPrefix("too_many_resets ") && $0.hasSuffix(" 3") })
        #expect(lines.contains { $0.hasPrefix("NAMESPACE ") })
        #expect(lines.contains { $0.hasPrefix("nnnnnnnnnnnnn") && $0.contains("n… ") })
        #expect(lines.contains { $0.hasPrefix("StreamInvalidations ") })
    }

    @Test("statistics as JSON carry the contract's names, and spans in its form")
    func statisticsAsJSON() {
        let json = JSONLine.text(StatsAnswer(Self.alone))
        for name in ["totals", "l1MaxBytes", "rejectedForRoom", "namespaces", "latencies"] {
            #expect(json.contains("\"\(name)\":"))
        }
        #expect(json.contains(#""mode":"embedded""#))
        #expect(json.contains(#""max":"999s","operation":"StreamInvalidations","p50":"0.000012s""#))
        #expect(json.contains(#"{"count":4,"reason":"not_http2"}]"#))
        #expect(json.contains(#""bytesAfter":0,"bytesBefore":0,"compressed":0,"leftPlain":0}"#))
    }
}
