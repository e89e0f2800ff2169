// Owns the memory that TLS connections of one event loop take turns in; that loop only.

import NIOCore

/// Two buffers that the connections of one event loop share: one for records on their way out,
/// one for what has been decrypted. An idle connection then holds neither.
package final class TLSBufferPool {
    /// The largest buffer that is kept for the next connection.
    static let maxKeptBytes = 1 << 20

    private var outgoing = ByteBuffer()
    private var incoming = ByteBuffer()
    private var isTaken = true

    /// What both hold while no connection has its turn.
    var keptBytes: Int { outgoing.capacity + incoming.capacity }

    /// An empty pool.
    package init() {}

    /// Makes room for that many bytes of records.
    func reserve(_ count: Int) {
        prepare(count)
        outgoing.reserveCapacity(minimumWritableBytes: count)
    }

    /// Adds to the records of the connection whose turn it is.
    func append(_ bytes: UnsafeRawBufferPointer) {
        prepare(bytes.count)
        outgoing.writeBytes(bytes)
    }

    /// Takes the records of this turn; nil when there are none.
    func takeOutgoing() -> ByteBuffer? {
        guard !isTaken else { return nil }
        isTaken = true
        let records = outgoing
        if records.capacity > Self.maxKeptBytes { outgoing = ByteBuffer() }
        return records.readableBytes > 0 ? records : nil
    }

    /// Takes the buffer to decrypt into, empty.
    func takeIncoming() -> ByteBuffer {
        var buffer = ByteBuffer()
        swap(&buffer, &incoming)
        buffer.clear(minimumCapacity: min(buffer.capacity, 1_024))
        return buffer
    }

    /// Gives the buffer back; its memory is used again once nobody else holds it.
    func giveBack(_ buffer: ByteBuffer) {
        if buffer.capacity <= Self.maxKeptBytes { incoming = buffer }
    }

    /// What was taken may still be in the channel: then `clear` takes other memory.
    private func prepare(_ count: Int) {
        guard isTaken else { return }
        isTaken = false
        outgoing.clear(minimumCapacity: count)
    }
}
