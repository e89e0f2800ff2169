// Owns one `SSL *`; the event loop of its connection only.

import COpenSSL
import NIOCore

/// One side of a TLS connection: bytes of the network in, bytes for the network out.
///
/// What OpenSSL has to send is part of every answer, because the buffer that it stands in
/// belongs to all connections of the loop.
final class TLSConnection {
    /// How a call ended.
    enum Step {
        /// It did what it was asked.
        case done
        /// It goes on when more bytes come.
        case needsInput
        /// The peer has sent its close_notify.
        case closedByPeer
        /// It failed, and the connection with it.
        case failed(TLSError)
    }

    /// What came of one call.
    struct Turn {
        let step: Step
        /// What is to be sent.
        let output: ByteBuffer?
        /// Whether the handshake ended in this turn.
        var finishedHandshake = false
    }

    /// The most that one record of plaintext holds.
    private static let recordBytes = 16_384
    /// What a record adds to its plaintext, at most.
    private static let recordOverheadBytes = 64

    let ssl: OpaquePointer
    let context: OpenSSLContext
    /// Where a client's sessions go; OpenSSL points to it.
    var sessionSlot: SessionSlot?
    private let transport: MemoryTransport
    /// The memory of its event loop.
    var pool: TLSBufferPool { transport.pool }
    private(set) var isEstablished = false
    private var hasFailed = false

    init(_ context: OpenSSLContext, isServer: Bool, pool: TLSBufferPool) {
        // The callbacks of the context point into it: it has to live as long as the connection.
        self.context = context
        transport = MemoryTransport(pool: pool)
        guard let ssl = SSL_new(context.pointer), let bio = transport.makeBIO() else {
            preconditionFailure("OpenSSL has no memory for a connection")
        }
        self.ssl = ssl
        // The connection owns the BIO from here on.
        SSL_set_bio(ssl, bio, bio)
        if isServer { SSL_set_accept_state(ssl) } else { SSL_set_connect_state(ssl) }
    }

    deinit {
        // A connection that ended without a close_notify must not spoil its session for the next.
        if !hasFailed { SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN) }
        SSL_free(ssl)
    }

    /// Goes on with the handshake without new bytes: the client's first words.
    func handshake() -> Turn {
        turn { self.handshakeStep() }
    }

    /// Takes bytes of the network and appends what they say to `plaintext`.
    func receive(_ input: UnsafeRawBufferPointer, into plaintext: inout ByteBuffer) -> Turn {
        let wasEstablished = isEstablished
        transport.input = input
        defer { transport.input = UnsafeRawBufferPointer(start: nil, count: 0) }
        var step = Step.done
        if !isEstablished { step = handshakeStep() }
        if isEstablished { step = readAll(into: &plaintext) }
        return Turn(
            step: step, output: transport.pool.takeOutgoing(),
            finishedHandshake: isEstablished && !wasEstablished)
    }

    /// Encrypts all of `plaintext`, or nothing when the peer has to be heard first.
    func send(_ plaintext: UnsafeRawBufferPointer) -> Turn {
        let records = plaintext.count / Self.recordBytes + 1
        transport.pool.reserve(plaintext.count + records * Self.recordOverheadBytes)
        return turn {
            OpenSSLErrorQueue.clear()
            var written = 0
            let result = SSL_write_ex(ssl, plaintext.baseAddress, plaintext.count, &written)
            return result == 1 ? .done : step(after: result)
        }
    }

    /// Says that nothing more will be sent (close_notify).
    func sendCloseNotify() -> Turn {
        turn {
            OpenSSLErrorQueue.clear()
            // 0: sent, and the peer's own has not come yet; 1: it has. Both are all we want.
            let result = SSL_shutdown(ssl)
            return result >= 0 ? .done : step(after: result)
        }
    }

    // MARK: - Private

    private func turn(_ body: () -> Step) -> Turn {
        let wasEstablished = isEstablished
        let step = body()
        return Turn(
            step: step, output: transport.pool.takeOutgoing(),
            finishedHandshake: isEstablished && !wasEstablished)
    }

    private func handshakeStep() -> Step {
        OpenSSLErrorQueue.clear()
        let result = SSL_do_handshake(ssl)
        guard result == 1 else { return step(after: result) }
        isEstablished = true
        return .done
    }

    private func readAll(into plaintext: inout ByteBuffer) -> Step {
        while true {
            OpenSSLErrorQueue.clear()
            var count = 0
            var result: Int32 = 0
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.recordBytes) { room in
                result = SSL_read_ex(ssl, room.baseAddress, room.count, &count)
                return result == 1 ? count : 0
            }
            if result != 1 { return step(after: result) }
        }
    }

    /// What a call that did not succeed means: every code of `SSL_get_error(3)`.
    private func step(after result: Int32) -> Step {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_NONE: return .done
        case SSL_ERROR_WANT_READ: return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .closedByPeer
        case SSL_ERROR_SSL:
            return failed(FailureSentence.of(OpenSSLErrorQueue.take(), verification: refusal))
        case SSL_ERROR_SYSCALL:
            return failed("the bytes ended in the middle of a record")
        case SSL_ERROR_WANT_WRITE, SSL_ERROR_WANT_CONNECT, SSL_ERROR_WANT_ACCEPT:
            return failed("OpenSSL waits for a socket, and there is only memory")
        case SSL_ERROR_WANT_X509_LOOKUP, SSL_ERROR_WANT_ASYNC, SSL_ERROR_WANT_ASYNC_JOB,
            SSL_ERROR_WANT_CLIENT_HELLO_CB, SSL_ERROR_WANT_RETRY_VERIFY:
            return failed("OpenSSL waits for a callback that never waits")
        case let code: return failed("OpenSSL answered with the unknown code \(code)")
        }
    }

    private func failed(_ sentence: String) -> Step {
        hasFailed = true
        OpenSSLErrorQueue.clear()
        return .failed(TLSError(isEstablished ? .protocolViolation : .handshake, sentence))
    }

    /// Why the peer's certificate was refused, in OpenSSL's words; nil when it was not.
    private var refusal: String? {
        let result = SSL_get_verify_result(ssl)
        guard result != Int(X509_V_OK) else { return nil }
        return String(cString: X509_verify_cert_error_string(result))
    }
}
