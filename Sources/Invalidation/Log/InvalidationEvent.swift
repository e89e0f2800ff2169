// One change as the log keeps it, in one allocation; immutable, any thread.

/// One change: what it names, what happened, and its revision within its partition.
///
/// A reference to immutable storage: copies are cheap, and the bytes that `target`, `writer` and
/// `cause` lend are valid for as long as a copy of the event is alive.
// @unchecked: the storage is written by `init` alone, before anyone else can see it.
package struct InvalidationEvent: @unchecked Sendable {
    private enum TargetCase: UInt8 {
        case key, pattern, tag, everything
    }

    private struct Header {
        let revision: UInt64
        let copyOf: UInt64
        let glob: Glob?
        let targetCount: UInt32
        let writerCount: UInt32
        let causeCount: UInt32
        let footprintBytes: Int
        let partition: UInt16
        let kind: InvalidationKind
        let targetCase: TargetCase
    }

    private let storage: ManagedBuffer<Header, UInt8>

    /// An event of its own; the target's, the writer's and the cause's bytes are copied.
    ///
    /// - Parameter copyOf: see the property.
    package init(
        partition: Int, revision: UInt64, target: InvalidationTarget, kind: InvalidationKind,
        writer: UnsafeRawBufferPointer, cause: UnsafeRawBufferPointer, copyOf: UInt64 = 0
    ) {
        let (targetCase, bytes, glob): (TargetCase, UnsafeRawBufferPointer?, Glob?) =
            switch target {
            case .key(let key): (.key, key, nil)
            case .pattern(let glob): (.pattern, nil, glob)
            case .tag(let tag): (.tag, tag, nil)
            case .everything: (.everything, nil, nil)
            }
        let targetCount = bytes?.count ?? 0
        let header = Header(
            revision: revision, copyOf: copyOf, glob: glob, targetCount: UInt32(targetCount),
            writerCount: UInt32(writer.count), causeCount: UInt32(cause.count),
            footprintBytes: Self.overheadBytes + targetCount + writer.count + cause.count
                + (glob?.program.footprintBytes ?? 0),
            partition: UInt16(partition), kind: kind, targetCase: targetCase)
        storage = ManagedBuffer.create(
            minimumCapacity: targetCount + writer.count + cause.count,
            makingHeaderWith: { _ in header })
        storage.withUnsafeMutablePointerToElements { elements in
            let whole = UnsafeMutableRawPointer(elements)
            if let bytes { Self.copy(bytes, to: whole) }
            Self.copy(writer, to: whole + targetCount)
            Self.copy(cause, to: whole + targetCount + writer.count)
        }
    }

    /// The partition that the change belongs to, counted over all pools where there are several.
    package var partition: Int { Int(header.pointee.partition) }

    /// The change's number within its partition, from 1: the version of the entry.
    package var revision: UInt64 { header.pointee.revision }

    /// What happened.
    package var kind: InvalidationKind { header.pointee.kind }

    /// The number of the announcement that this is a copy of, for memories alone; 0: none.
    ///
    /// A change of many keys is told in one partition of every shard. One of these events is for
    /// the watchers, the others are copies: they have revisions, and no watcher sees them.
    package var copyOf: UInt64 { header.pointee.copyOf }

    /// What the change names.
    package var target: InvalidationTarget {
        let header = header.pointee
        switch header.targetCase {
        case .key: return .key(bytes(from: 0, count: header.targetCount))
        case .tag: return .tag(bytes(from: 0, count: header.targetCount))
        case .pattern: return header.glob.map { .pattern($0) } ?? .everything
        case .everything: return .everything
        }
    }

    /// Who made the change; empty where it did not say.
    package var writer: UnsafeRawBufferPointer {
        let header = header
        return bytes(from: header.pointee.targetCount, count: header.pointee.writerCount)
    }

    /// The reason given for the change; empty where there was none.
    package var cause: UnsafeRawBufferPointer {
        let header = header
        return bytes(
            from: header.pointee.targetCount + header.pointee.writerCount,
            count: header.pointee.causeCount)
    }

    /// What the event holds in memory, about.
    package var footprintBytes: Int {
        header.pointee.footprintBytes
    }

    /// The object's header, the event's, and the allocator's share.
    private static let overheadBytes = 16 + MemoryLayout<Header>.size + 16

    /// The header where it lies, in the same allocation as the object: it never moves, and a read
    /// of one field copies nothing else.
    private var header: UnsafePointer<Header> {
        storage.withUnsafeMutablePointerToHeader { UnsafePointer($0) }
    }

    private func bytes(from offset: UInt32, count: UInt32) -> UnsafeRawBufferPointer {
        storage.withUnsafeMutablePointerToElements { elements in
            // The elements live in the same allocation as the object and never move.
            UnsafeRawBufferPointer(start: elements + Int(offset), count: Int(count))
        }
    }

    private static func copy(
        _ bytes: UnsafeRawBufferPointer, to destination: UnsafeMutableRawPointer
    ) {
        guard let source = bytes.baseAddress else { return }
        destination.copyMemory(from: source, byteCount: bytes.count)
    }
}
