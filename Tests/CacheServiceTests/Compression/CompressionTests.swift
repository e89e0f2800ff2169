// The compression of values as a client sees it, and what memory holds; no network.

import CacheEngine
import GRPC
import Messages
import Testing

@testable import CacheService

@Suite struct CompressionTests {
    private static let text = String(repeating: "0123456789abcdef", count: 1_000)

    private static func noise(_ count: Int) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
    }

    private func held(_ key: String, _ wire: ServiceWire) throws -> CacheEntry {
        let view = wire.arena.copy(key)
        return try #require(wire.service.engine.peek(view.bytes, now: ServiceClock().now()))
    }

    @Test("a large value is held compressed and read as it was written, with all that goes with it")
    func roundTrip() throws {
        let wire = try ServiceWire()
        var request = wire.setRequest("k", Self.text)
        request.contentType = "text/plain"
        request.metadata = [MetadataPair(name: "a", value: "b")]
        request.tags = ["x", "y"]
        let version = try wire.call("Set", request, as: SetResponse.self).version
        let entry = try held("k", wire)
        #expect(entry.isCompressed && entry.value.count < Self.text.utf8.count / 10)
        #expect(entry.footprintBytes < 2_000)
        let answer = try wire.get("k")
        #expect(answer.value.string == Self.text && answer.version == version)
        #expect(answer.contentType.string == "text/plain")
        #expect(answer.metadata == request.metadata && answer.tags == request.tags)
        request.condition = .ifVersion(version)
        request.value = "short"
        #expect(try wire.call("Set", request, as: SetResponse.self).stored)
        #expect(try wire.get("k").value.string == "short" && !held("k", wire).isCompressed)
    }

    @Test("only values above the threshold are compressed, where it saves something")
    func threshold() throws {
        let wire = try ServiceWire()
        for (count, isCompressed) in [(1_023, false), (1_024, false), (1_025, true)] {
            let value = String(repeating: "x", count: count)
            _ = try wire.set("k", value)
            #expect(try held("k", wire).isCompressed == isCompressed, "\(count)")
            #expect(try wire.get("k").value.string == value)
        }
        var request = wire.setRequest("noise", "")
        let noise = Self.noise(50_000)
        request.value = wire.arena.copy(noise)
        #expect(try wire.call("Set", request, as: SetResponse.self).stored)
        #expect(try !held("noise", wire).isCompressed)
        #expect(try wire.get("noise").value.array == noise)
    }

    @Test("each namespace has its own threshold, and 0 turns it off")
    func namespaces() throws {
        let rules = CompressionRules(threshold: 100, namespaces: ["off": 0, "high": 5_000])
        let wire = try ServiceWire(compression: rules)
        let cases = [
            ("k", 100, false), ("k", 101, true), ("other:k", 101, true), ("off:k", 20_000, false),
            ("high:k", 5_000, false), ("high:k", 5_001, true),
        ]
        for (key, count, isCompressed) in cases {
            _ = try wire.set(key, String(repeating: "x", count: count))
            #expect(try held(key, wire).isCompressed == isCompressed, "\(key) \(count)")
        }
        wire.service.reconfigure(CompressionRules(threshold: 0, namespaces: ["off": 100]))
        wire.wire.pump()
        for (key, isCompressed) in [("k", false), ("off:k", true)] {
            _ = try wire.set(key, String(repeating: "x", count: 200))
            #expect(try held(key, wire).isCompressed == isCompressed, "\(key)")
        }
        #expect(try wire.get("high:k").value.count == 5_001)
    }

    @Test("a value that would hold up its event loop for long is left as it is")
    func veryLarge() {
        let most = CompressionRules.maxValueBytes
        for (count, isWanted) in [(most, true), (most + 1, false)] {
            // Only the size is looked at.
            let value = UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: 4_096), count: count)
            let draft = EntryDraft(key: Change.nothing, value: value)
            #expect(CompressionRules().apply(to: draft) == isWanted)
        }
    }

    @Test("a caller that holds the version is spared the value")
    func notModified() throws {
        let wire = try ServiceWire()
        var request = GetRequest()
        request.key = "k"
        request.ifVersionNot = try wire.set("k", Self.text).version
        let same = try wire.call("Get", request, as: GetResponse.self)
        #expect(same.hit && same.notModified && same.value.isEmpty)
    }

    @Test("a touch keeps a compressed value")
    func touch() throws {
        let wire = try ServiceWire()
        _ = try wire.set("k", Self.text)
        var request = TouchRequest()
        request.key = "k"
        request.noExpiry = true
        #expect(try wire.call("Touch", request, as: TouchResponse.self).touched)
        #expect(try held("k", wire).isCompressed && wire.get("k").value.string == Self.text)
    }

    @Test("batches compress and unpack, and a reply has room for what values are when read")
    func batches() throws {
        var limits = ServiceLimits()
        limits.replyBytes = 40_000
        let wire = try ServiceWire(limits: limits)
        var write = SetMultiRequest()
        write.entries = ["a", "b", "c"].map { wire.setRequest($0, Self.text) }
        write.entries[1].value = "short"
        let stored = try wire.call("SetMulti", write, as: SetMultiResponse.self)
        #expect(stored.results.allSatisfy { $0.outcome?.stored == true })
        var read = GetMultiRequest()
        read.keys = ["a", "b", "c", "a"]
        let answer = try wire.call("GetMulti", read, as: GetMultiResponse.self)
        let values = answer.results.prefix(3).map { $0.entry?.value.string }
        #expect(values == [Self.text, "short", Self.text])
        #expect(answer.results[3].status?.reason.string == "REPLY_FULL")
    }

    @Test("what was compressed is counted, and what was tried in vain")
    func counters() throws {
        let wire = try ServiceWire()
        _ = try wire.set("small", "v")
        let counters = wire.service.compressionCounters
        #expect(counters.reading == CompressionReading())
        _ = try wire.set("k", Self.text)
        var request = wire.setRequest("noise", "")
        request.value = wire.arena.copy(Self.noise(2_000))
        _ = try wire.call("Set", request, as: SetResponse.self)
        let after = UInt64(try held("k", wire).value.count)
        let reading = counters.reading
        #expect(reading.compressed == 1 && reading.leftPlain == 1)
        #expect(reading.bytesBefore == 16_000 && reading.bytesAfter == after)
    }
}
