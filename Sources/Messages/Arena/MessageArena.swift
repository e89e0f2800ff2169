// Owns the memory of the messages of one call; used by one thread at a time.

internal import CProtobufC

/// Memory for decoding and encoding messages, freed all at once: nothing is allocated per field.
///
/// What it hands out is zeroed and valid until ``reset()``. One arena serves one call after
/// another; it is not `Sendable`.
package final class MessageArena {
    /// What decoding may take unless told otherwise.
    package static let defaultLimitBytes = 32 * 1024 * 1024

    /// What protobuf-c allocates by: the limit applies, and nothing is freed one by one.
    let allocator: UnsafeMutablePointer<ProtobufCAllocator>

    // Both at a fixed address, for protobuf-c has a pointer to them; only this object frees them.
    private let memory: UnsafeMutablePointer<BumpAllocator>

    /// An empty arena. Decoding that would take it over `limitBytes` fails with
    /// `MessageError.Kind.tooLarge`; what we write ourselves is not limited.
    package init(limitBytes: Int = defaultLimitBytes) {
        memory = .allocate(capacity: 1)
        memory.initialize(to: BumpAllocator(limitBytes: limitBytes))
        allocator = .allocate(capacity: 1)
        allocator.initialize(
            to: ProtobufCAllocator(
                alloc: { memory, size in
                    memory?.assumingMemoryBound(to: BumpAllocator.self).pointee
                        .allocate(size, limited: true)
                },
                free: { _, _ in },
                allocator_data: UnsafeMutableRawPointer(memory)))
    }

    deinit {
        allocator.deallocate()
        memory.deinitialize(count: 1)
        memory.deallocate()
    }

    /// Takes all memory back: every view into the arena is invalid from now on.
    package func reset() {
        memory.pointee.reset()
    }

    /// Bytes the arena holds from the system at this moment.
    package var heldBytes: Int { memory.pointee.heldBytes }

    /// A copy of the bytes that lives as long as the arena's content.
    package func copy(_ bytes: UnsafeRawBufferPointer) -> ByteView {
        guard !bytes.isEmpty else { return ByteView() }
        let target = allocate(bytes.count)
        target.copyMemory(from: bytes)
        return ByteView(UnsafeRawBufferPointer(target))
    }

    /// A copy of the bytes that lives as long as the arena's content.
    package func copy(_ bytes: [UInt8]) -> ByteView {
        bytes.withUnsafeBytes { copy($0) }
    }

    /// A copy of the text's UTF-8 that lives as long as the arena's content.
    package func copy(_ text: String) -> ByteView {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    /// Zeroed memory that lives as long as the arena's content. It is not limited, so its size
    /// must not come from a client.
    package func allocate(_ size: Int) -> UnsafeMutableRawBufferPointer {
        guard let start = memory.pointee.allocate(size, limited: false) else {
            preconditionFailure("the system has no \(size) bytes left")
        }
        return UnsafeMutableRawBufferPointer(start: start, count: size)
    }

    /// Whether the limit has denied memory since the last reset.
    var wasDenied: Bool { memory.pointee.wasDenied }
}
