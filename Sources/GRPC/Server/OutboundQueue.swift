// The messages a streaming answer has still to send; touched on its event loop only.

import NIOCore

/// Framed messages in order. They are shared, not copied, until they go into DATA frames.
struct OutboundQueue {
    /// Above this many unsent bytes a writer is asked to wait; the writer's own limit, where
    /// it has one, is checked against `byteCount`.
    let highBytes: Int
    private var messages: [ByteBuffer] = []
    private var head = 0
    private(set) var byteCount = 0
    /// Whether the queue was filled above its mark and the writer has not been told since.
    private var writerWaits = false

    init(highBytes: Int) { self.highBytes = highBytes }

    var isEmpty: Bool { byteCount == 0 }
    var isWritable: Bool { byteCount < highBytes }

    mutating func append(_ message: FramedMessage) {
        messages.append(message.buffer)
        byteCount += message.buffer.readableBytes
        if !isWritable { writerWaits = true }
    }

    /// Drops the messages of which no byte was sent, and tells how many they were.
    mutating func dropUnsent() -> Int {
        var keep: ByteBuffer?
        if head < messages.count, messages[head].readerIndex > 0 { keep = messages[head] }
        let dropped = messages.count - head - (keep == nil ? 0 : 1)
        messages = keep.map { [$0] } ?? []
        head = 0
        byteCount = keep?.readableBytes ?? 0
        // `writerWaits` stays as it is: the writer is told when what is left has gone.
        return dropped
    }

    /// Copies as much as fits.
    mutating func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        var written = 0
        while written < target.count, head < messages.count {
            let length = min(messages[head].readableBytes, target.count - written)
            messages[head].withUnsafeReadableBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: target[written..<written + length])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
            }
            messages[head].moveReaderIndex(forwardBy: length)
            written += length
            if messages[head].readableBytes == 0 {
                messages[head] = ByteBuffer()
                head += 1
            }
        }
        byteCount -= written
        compact()
        return written
    }

    /// Forgets what was sent, before it outweighs what was not.
    private mutating func compact() {
        if head == messages.count {
            messages.removeAll(keepingCapacity: messages.count <= 4)
            head = 0
        } else if head >= 32, head * 2 > messages.count {
            messages.removeFirst(head)
            head = 0
        }
    }

    /// Whether a waiting writer may go on; answers true once.
    mutating func takeDrained() -> Bool {
        guard writerWaits, byteCount <= highBytes / 2 else { return false }
        writerWaits = false
        return true
    }
}
