// Owns the attack on what lies under the store's keys: envelopes, the beginnings of envelopes, and
// the names of keys.

import CacheEngine
import Invalidation
import NIOCore

@testable import RedisClient

enum EnvelopeTarget {
    private static let layout = StoreLayout(prefix: "p:")

    static func run(_ input: inout FuzzInput) {
        switch input.number(below: 4) {
        case 0: decode(input.remaining())
        // What no fuzzer guesses quickly: the head of an envelope whose lengths add up.
        case 1: decode(repaired(&input))
        case 2: write(&input)
        default: name(&input)
        }
    }

    private static func repaired(_ input: inout FuzzInput) -> [UInt8] {
        let counts = [input.number(below: 4), input.number(below: 3), input.number(below: 3)]
        let lengths = [counts[0], input.number(below: 24), input.number(below: 24)]
        var bytes =
            EnvelopeHeader.magic + [EnvelopeHeader.format, input.choice([0, 0x10, 1, 0x11])]
        bytes += [UInt8(counts[0]), 0, UInt8(counts[1]), UInt8(counts[2]), 1]
        bytes += [UInt8](repeating: 0, count: 7) + padded(input.bytes(24), to: 24)
        let rest = input.remaining()
        let payload = max(0, rest.count - lengths.reduce(0, +))
        for length in [lengths[1], lengths[2], payload] {
            bytes += [UInt8(truncatingIfNeeded: length), UInt8(length >> 8), 0, 0]
        }
        return bytes + [0, 0, 0, 0] + padded(rest, to: lengths.reduce(0, +))
    }

    private static func padded(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: max(0, count - bytes.count))
    }

    /// Whatever is read as an envelope is one: written again it is the same bytes.
    private static func decode(_ bytes: [UInt8]) {
        let whole = header(bytes)
        for tag in [[], [1]] as [[UInt8]] {
            let search = TagSearch(.blob(ByteBuffer(bytes: bytes)), tag: tag)
            guard let whole else { continue }
            let has = whole.contents(bytes).tags.contains(tag)
            promise((search == .found) == has, "a tag of \(bytes) is found: \(search)")
            for count in 1..<bytes.count {
                let search = TagSearch(.blob(ByteBuffer(bytes: bytes[..<count])), tag: tag)
                promise(search != .found || has, "a tag in \(count) of \(bytes)")
                guard case .readMore(let needed) = search else { continue }
                promise(needed > count && needed <= bytes.count, "\(needed) of \(bytes)")
            }
        }
        guard let whole else { return }
        promise(encoded(whole.contents(bytes), whole.header) == bytes, "it changes: \(bytes)")
    }

    private static func write(_ input: inout FuzzInput) {
        var parts = Parts()
        parts.contentType = input.run()
        parts.tags = (0..<input.number(below: 4)).map { _ in input.run() }
        parts.metadata = (0..<input.number(below: 4)).map { _ in (input.run(), input.run()) }
        var flags = EnvelopeHeader()
        flags.flags = EnvelopeFlags(isNegative: input.bit())
        flags.revision = max(1, input.word() & EnvelopeHeader.maxRevision)
        flags.createdMilliseconds = input.word()
        flags.expiresMilliseconds = input.word()
        flags.softExpiresMilliseconds = input.word()
        parts.value = input.remaining()
        let bytes = encoded(parts, flags)
        guard let read = header(bytes) else {
            return promise(false, "our own envelope is foreign: \(bytes)")
        }
        promise(read.contents(bytes) == parts, "an envelope changes: \(bytes)")
        promise(read.header.revision == flags.revision, "a revision changes: \(bytes)")
    }

    /// Any name: what is taken apart is where it belongs, and is what we would write.
    private static func name(_ input: inout FuzzInput) {
        let partition = Int(input.byte())
        let isRepaired = input.bit()
        let kind: StoreLayout.Kind = input.bit() ? .lease : .entry
        let rest = input.remaining()
        let key = rest.withUnsafeBytes { Partitioning.partition(of: $0) }
        let name =
            Array("p:{\(isRepaired ? key : partition)}:\(kind.rawValue)".utf8) + rest
        for bytes in [rest, name] {
            guard let found = layout.parse(ByteBuffer(bytes: bytes)) else {
                promise(bytes == rest || !isRepaired || rest.isEmpty, "\(bytes) is not ours")
                continue
            }
            let logical = found.withKey { Array($0) }
            let own = logical.withUnsafeBytes { Partitioning.partition(of: $0) }
            promise(own == found.partition && !logical.isEmpty, "\(bytes) is elsewhere")
            let again = Array("p:{\(own)}:\(found.kind.rawValue)".utf8) + logical
            promise(again == bytes, "\(bytes) has another name")
        }
    }

    private struct Whole {
        let header: EnvelopeHeader

        func contents(_ bytes: [UInt8]) -> Parts {
            bytes.withUnsafeBytes { Parts(header.contents(of: $0)) }
        }
    }

    private static func header(_ bytes: [UInt8]) -> Whole? {
        bytes.withUnsafeBytes { bytes in
            do throws(EnvelopeFault) {
                return Whole(header: try EnvelopeHeader(bytes))
            } catch {
                return nil
            }
        }
    }

    private static func encoded(_ parts: Parts, _ like: EnvelopeHeader) -> [UInt8] {
        parts.withDraft { draft in
            var header = EnvelopeHeader(
                StoreWrite(draft: draft, createdAt: .never, expiresAt: .never))
            header.flags = like.flags
            header.revision = like.revision
            header.createdMilliseconds = like.createdMilliseconds
            header.expiresMilliseconds = like.expiresMilliseconds
            header.softExpiresMilliseconds = like.softExpiresMilliseconds
            var buffer = ByteBuffer()
            header.write(draft, to: &buffer)
            promise(buffer.readableBytes == header.totalByteCount, "an envelope of another size")
            return Array(buffer.readableBytesView)
        }
    }

    /// The parts of an entry, owned.
    private struct Parts: Equatable {
        var value: [UInt8] = []
        var contentType: [UInt8] = []
        var metadata: [(name: [UInt8], value: [UInt8])] = []
        var tags: [[UInt8]] = []

        init() {}

        init(_ contents: StoredEntry.Contents) {
            value = Array(contents.value)
            contentType = Array(contents.contentType)
            metadata = contents.metadata.map { (Array($0.name), Array($0.value)) }
            tags = contents.tags.map { Array($0) }
        }

        static func == (left: Parts, right: Parts) -> Bool {
            left.value == right.value && left.contentType == right.contentType
                && left.tags == right.tags
                && left.metadata.elementsEqual(right.metadata) { $0 == $1 }
        }

        func withDraft<Result>(_ body: (EntryDraft) -> Result) -> Result {
            let all = [value, contentType] + tags + metadata.flatMap { [$0.name, $0.value] }
            let copies = all.map { bytes in
                let copy = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: bytes.count, alignment: 1)
                copy.copyBytes(from: bytes)
                return copy
            }
            defer { for copy in copies { copy.deallocate() } }
            let views = copies.map { UnsafeRawBufferPointer($0) }
            let pairs = stride(from: 2 + tags.count, to: views.count, by: 2).map {
                (name: views[$0], value: views[$0 + 1])
            }
            return body(
                EntryDraft(
                    key: views[0], value: views[0], contentType: views[1], metadata: pairs,
                    tags: Array(views[2..<2 + tags.count])))
        }
    }
}
