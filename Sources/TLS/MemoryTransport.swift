// The two ends of a connection's bytes as OpenSSL sees them: memory; event loop only.

import COpenSSL
import NIOCore

/// What a BIO reads from and writes to. Input is a window on the bytes that have just come, which
/// OpenSSL reads to the end; output goes straight into the buffer that leaves next. So nothing is
/// copied on the way and nothing stays behind, which OpenSSL's own memory BIO would not give.
final class MemoryTransport {
    let pool: TLSBufferPool
    /// The bytes that have come and are not yet read; valid only within one turn.
    var input = UnsafeRawBufferPointer(start: nil, count: 0)

    init(pool: TLSBufferPool) {
        self.pool = pool
    }

    /// Makes a BIO on this transport, which must outlive it. The caller owns the BIO.
    func makeBIO() -> OpaquePointer? {
        guard let bio = BIO_new(Self.method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    private func read(_ target: UnsafeMutableRawPointer, _ capacity: Int) -> Int {
        let count = min(capacity, input.count)
        guard count > 0, let start = input.baseAddress else { return 0 }
        target.copyMemory(from: start, byteCount: count)
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }

    private static func of(_ bio: OpaquePointer?) -> MemoryTransport? {
        BIO_get_data(bio).map { Unmanaged<MemoryTransport>.fromOpaque($0).takeUnretainedValue() }
    }

    // Made once, never changed and never freed, so every thread may read it.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        let type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = BIO_meth_new(type, "memory of the event loop") else { return nil }
        BIO_meth_set_read(method) { bio, target, capacity in
            openssl_bio_stop_waiting(bio)
            guard let target, capacity > 0, let transport = MemoryTransport.of(bio) else {
                return 0
            }
            let count = transport.read(target, Int(capacity))
            if count > 0 { return Int32(count) }
            openssl_bio_wait_for_input(bio)
            return -1
        }
        BIO_meth_set_write(method) { bio, source, count in
            openssl_bio_stop_waiting(bio)
            guard let source, count > 0, let transport = MemoryTransport.of(bio) else { return 0 }
            transport.pool.append(UnsafeRawBufferPointer(start: source, count: Int(count)))
            return count
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in
            // A flush has nothing to do; whatever else is asked is not there.
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
        return method
    }()
}
