// Memory of finished streams for the next ones, shared by the connections of one event loop.

/// Streams that nobody uses. A steady load of small calls allocates none.
final class StreamPool {
    /// The most streams kept; each holds at most three buffers of `RawBuffer.keptBytes`.
    private static let most = 2_048

    private var free: [UnsafeMutablePointer<ServerStream>] = []

    deinit {
        for stream in free { Self.destroy(stream) }
    }

    func take(id: Int32) -> UnsafeMutablePointer<ServerStream> {
        if let stream = free.popLast() {
            stream.pointee.id = id
            return stream
        }
        let stream = UnsafeMutablePointer<ServerStream>.allocate(capacity: 1)
        stream.initialize(to: ServerStream(id: id))
        return stream
    }

    func give(_ stream: UnsafeMutablePointer<ServerStream>) {
        if free.count == Self.most { return Self.destroy(stream) }
        stream.pointee.recycle()
        free.append(stream)
    }

    private static func destroy(_ stream: UnsafeMutablePointer<ServerStream>) {
        stream.deinitialize(count: 1)
        stream.deallocate()
    }
}
