// Where values are compressed and unpacked: on the thread of the call, under no lock.

import CacheEngine
import Compression
import GRPC
import Messages
import NIOCore

extension CacheService {
    /// Lends `body` the draft as it is to be stored: with its value compressed, where the
    /// namespace wants it and it saves enough.
    func withStored<Result>(
        _ draft: EntryDraft, _ turn: borrowing Turn, _ body: (EntryDraft) -> Result
    ) -> Result {
        guard turn.state.compression.apply(to: draft) else { return body(draft) }
        let value = draft.value
        return withUnsafeTemporaryAllocation(
            byteCount: CompressedValue.mostBytes(of: value.count), alignment: 1
        ) { room in
            let count = CompressedValue.compress(value, into: room)
            compressionCounters.add(before: value.count, after: count)
            guard let count else { return body(draft) }
            var stored = draft
            stored.value = UnsafeRawBufferPointer(rebasing: room[..<count])
            stored.isCompressed = true
            return body(stored)
        }
    }

    /// Has each event loop compress by other rules from its next turn on.
    package func reconfigure(_ rules: CompressionRules) {
        for loop in loops.bounds {
            loop.eventLoop.execute { loop.value.compression = rules }
        }
    }
}

extension EntryView {
    /// The value as its writer gave it: unpacked into the arena, where it is compressed.
    func plainValue(in arena: MessageArena) -> ByteView {
        guard let compressed else { return ByteView(value) }
        let place = arena.allocate(compressed.plainBytes)
        do throws(CompressionError) {
            try compressed.decompress(into: place)
        } catch {
            preconditionFailure("memory holds \(error) value: it was compressed or checked here")
        }
        return ByteView(UnsafeRawBufferPointer(place))
    }

    /// What the entry takes in a reply, about: more than it costs where its value is compressed.
    var replyBytes: Int {
        footprintBytes + (compressed.map { $0.plainBytes - value.count } ?? 0)
    }

    /// The compressed value; nil where it is not.
    private var compressed: CompressedValue? {
        guard isCompressed else { return nil }
        do throws(CompressionError) {
            return try CompressedValue(value, limit: EntryDraft.maxValueBytes)
        } catch {
            preconditionFailure("memory holds \(error) value: it was compressed or checked here")
        }
    }
}
