// The envelope: what comes back, and what is refused.

import CacheEngine
import Compression
import NIOCore
import Testing

@testable import RedisClient

@Suite struct EnvelopeTests {
    private static func encode(
        _ sample: StoredSample, revision: UInt64 = 7, isCompressed: Bool = false,
        softExpiresAt: Timestamp = .never
    ) -> [UInt8] {
        let borrowed = Borrowed(sample, key: [1])
        defer { borrowed.end() }
        var draft = borrowed.draft
        draft.isCompressed = isCompressed
        var write = StoreWrite(
            draft: draft, createdAt: Timestamp(nanoseconds: 5_000_000_123),
            expiresAt: Timestamp(nanoseconds: 9_000_000_000))
        write.softExpiresAt = softExpiresAt
        write.isNegative = sample.isNegative
        var header = EnvelopeHeader(write)
        header.revision = revision
        var buffer = ByteBuffer()
        header.write(borrowed.draft, to: &buffer)
        return Array(buffer.readableBytesView)
    }

    private static func decode(_ bytes: [UInt8]) throws(EnvelopeFault) -> StoredEntry {
        try StoredEntry(ByteBuffer(bytes: bytes), limit: 1 << 20)
    }

    @Test func randomEntriesComeBackAsTheyWere() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let sample = StoredSample.random(&random)
            let revision = UInt64.random(in: 1...EnvelopeHeader.maxRevision)
            let entry = try Self.decode(Self.encode(sample, revision: revision))
            #expect(StoredSample(entry) == sample)
            #expect(entry.version == revision)
            #expect(entry.createdAt == Timestamp(nanoseconds: 5_000_000_000))
            #expect(entry.expiresAt == Timestamp(nanoseconds: 9_000_000_000))
            #expect(entry.softExpiresAt == .never)
            #expect(entry.valueByteCount == sample.value.count)
            let soft = Timestamp(nanoseconds: 7_000_000_999)
            let stale = try Self.decode(Self.encode(sample, softExpiresAt: soft))
            #expect(stale.softExpiresAt == Timestamp(nanoseconds: 7_000_000_000))
            #expect(stale.expiresAt == entry.expiresAt && StoredSample(stale) == sample)
        }
    }

    @Test func aCompressedValueIsReadPlainAndHandedOnAsItIsStored() throws {
        let value = (0..<5_000).map { UInt8($0 & 15) }
        let stored = try Self.compress(value)
        var sample = StoredSample(value: stored, tags: [[4], [5, 6]])
        sample.contentType = [9, 9]
        let bytes = Self.encode(sample, isCompressed: true)
        #expect(bytes[3] == 1)
        let entry = try Self.decode(bytes)
        sample.value = value
        #expect(StoredSample(entry) == sample)
        #expect(entry.storedByteCount == bytes.count && entry.valueByteCount == value.count)
        #expect(entry.plainByteCount == bytes.count - stored.count + value.count)
        entry.withDraft(key: entry.contents.value, ttl: .inherited) { draft in
            #expect(draft.isCompressed && Array(draft.value) == stored)
            #expect(draft.tags.map(Array.init) == [[4], [5, 6]])
        }
        let most = entry.plainByteCount
        #expect(throws: Never.self) { try StoredEntry(ByteBuffer(bytes: bytes), limit: most) }
        #expect(throws: EnvelopeFault.block) {
            try StoredEntry(ByteBuffer(bytes: bytes), limit: most - 1)
        }
    }

    @Test func aCompressedValueThatIsCorruptIsForeign() throws {
        let stored = try Self.compress([UInt8](repeating: 3, count: 5_000))
        var wrong = [[], [1], Array(stored[..<4]), Array(stored.dropLast()), stored + [0]]
        wrong.append([255, 255, 255, 255] + stored[4...])
        wrong.append([0, 0, 0, 0] + stored[4...])
        for value in wrong {
            let bytes = Self.encode(StoredSample(value: value), isCompressed: true)
            #expect(throws: EnvelopeFault.block, "\(value)") { try Self.decode(bytes) }
        }
    }

    private static func compress(_ value: [UInt8]) throws -> [UInt8] {
        var room = [UInt8](repeating: 0, count: CompressedValue.mostBytes(of: value.count))
        let count = value.withUnsafeBytes { value in
            room.withUnsafeMutableBytes { CompressedValue.compress(value, into: $0) }
        }
        return Array(room[..<(try #require(count))])
    }

    @Test func everyShorterOrLongerEnvelopeIsForeign() {
        var sample = StoredSample(value: [1, 2, 3], tags: [[4], [5, 6]])
        sample.metadata = [.init(name: [7], value: [8])]
        let bytes = Self.encode(sample)
        for count in 0..<bytes.count {
            let fault: EnvelopeFault = count < EnvelopeHeader.byteCount ? .size : .lengths
            #expect(throws: fault) { try Self.decode(Array(bytes[..<count])) }
        }
        #expect(throws: EnvelopeFault.lengths) { try Self.decode(bytes + [0]) }
    }

    /// Where each fault is looked for: the offset of a byte, and what it must not be.
    @Test(arguments: [
        (0, 0x63, EnvelopeFault.magic), (1, 0, .magic), (2, 2, .format), (3, 0x01, .block),
        (3, 0x02, .compression),
        (3, 0x20, .flags), (4, 0xFF, .lengths), (6, 3, .tags), (6, 1, .tags), (7, 2, .metadata),
        (7, 0, .metadata), (15, 0x20, .revision), (40, 0xFF, .lengths), (44, 0xFF, .lengths),
        (48, 9, .lengths), (51, 0x80, .lengths), (52, 1, .reserved), (55, 1, .reserved),
        (56, 0xFF, .tags),
    ])
    func eachFieldThatIsOffIsNamed(offset: Int, byte: Int, fault: EnvelopeFault) {
        var sample = StoredSample(value: [1, 2, 3], tags: [[4], [5, 6]])
        sample.metadata = [.init(name: [7], value: [8])]
        var bytes = Self.encode(sample)
        bytes[offset] = UInt8(byte)
        #expect(throws: fault) { try Self.decode(bytes) }
    }

    @Test func aRevisionOfZeroIsForeign() {
        #expect(throws: EnvelopeFault.revision) {
            try Self.decode(Self.encode(StoredSample(value: []), revision: 0))
        }
    }

    @Test func momentsSurviveAtTheirEnds() {
        #expect(Timestamp.never.expiryMilliseconds == 0)
        #expect(Timestamp(expiryMilliseconds: 0) == .never)
        #expect(Timestamp(expiryMilliseconds: .max) == .never)
        #expect(Timestamp(nanoseconds: -5).expiryMilliseconds == 1)
        #expect(Timestamp(nanoseconds: 0).expiryMilliseconds == 1)
        #expect(Timestamp(milliseconds: 1_234).milliseconds == 1_234)
    }

    @Test func lifetimesAreSpansOfAtLeastAMillisecond() {
        let change = StoreChange(now: Timestamp(nanoseconds: 1_000_000_000))
        #expect(change.lifetimeMilliseconds(until: .never) == nil)
        #expect(change.lifetimeMilliseconds(until: Timestamp(nanoseconds: 0)) == 1)
        #expect(change.lifetimeMilliseconds(until: Timestamp(nanoseconds: 1_000_000_001)) == 1)
        #expect(change.lifetimeMilliseconds(until: Timestamp(nanoseconds: 1_002_000_001)) == 3)
        #expect(
            change.lifetimeMilliseconds(until: Timestamp(nanoseconds: .max - 1))
                == Int((Int64.max - 1_000_000_001) / 1_000_000) + 1)
        let early = StoreChange(now: Timestamp(nanoseconds: .min))
        #expect(early.lifetimeMilliseconds(until: Timestamp(nanoseconds: 5)) ?? 0 > 1)
    }
}
