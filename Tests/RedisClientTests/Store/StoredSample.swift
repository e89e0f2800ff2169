// What a test stores, and memory that stays where it is while a call borrows it.

import CacheEngine

@testable import RedisClient

/// An entry's parts, to be compared.
struct StoredSample: Hashable {
    struct Pair: Hashable {
        var name: [UInt8]
        var value: [UInt8]
    }

    var value: [UInt8]
    var contentType: [UInt8] = []
    var metadata: [Pair] = []
    var tags: [[UInt8]] = []
    var isNegative = false

    init(value: [UInt8], tags: [[UInt8]] = []) {
        self.value = value
        self.tags = tags
    }

    init(_ entry: StoredEntry) {
        self = withExtendedLifetime(entry) {
            let contents = entry.contents
            var sample = StoredSample(
                value: Array(contents.value), tags: contents.tags.map(Array.init))
            sample.contentType = Array(contents.contentType)
            sample.metadata = contents.metadata.map {
                Pair(name: Array($0.name), value: Array($0.value))
            }
            return sample
        }
        isNegative = entry.isNegative
    }

    /// A random one of any shape.
    static func random(_ random: inout some RandomNumberGenerator) -> StoredSample {
        func bytes(_ most: Int) -> [UInt8] {
            (0..<Int.random(in: 0...most, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
        }
        var sample = StoredSample(value: bytes(Bool.random(using: &random) ? 20 : 3_000))
        sample.contentType = bytes(30)
        sample.metadata = (0..<Int.random(in: 0...5, using: &random)).map { _ in
            Pair(name: bytes(10), value: bytes(100))
        }
        sample.tags = (0..<Int.random(in: 0...5, using: &random)).map { _ in bytes(20) }
        sample.isNegative = Bool.random(using: &random)
        return sample
    }
}

/// Copies of bytes at an address that stays, until `end`.
final class Borrowed {
    private var copies: [UnsafeMutableRawBufferPointer] = []
    private(set) var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var draft = EntryDraft(
        key: .init(start: nil, count: 0), value: .init(start: nil, count: 0))

    init(_ bytes: [UInt8]) { self.bytes = lend(bytes) }

    init(_ sample: StoredSample, key: [UInt8]) {
        draft = EntryDraft(
            key: lend(key), value: lend(sample.value), contentType: lend(sample.contentType),
            metadata: sample.metadata.map { (lend($0.name), lend($0.value)) },
            tags: sample.tags.map(lend))
    }

    func lend(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        copies.append(copy)
        return UnsafeRawBufferPointer(copy)
    }

    /// Frees the copies; a use afterwards is a bug that a sanitizer sees.
    func end() {
        for copy in copies { copy.deallocate() }
        copies = []
    }

    deinit { end() }
}
