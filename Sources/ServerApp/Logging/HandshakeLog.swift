// Says why peers fail the handshake of TLS, without letting them fill the log; any thread.

import Locks
import Logging
import TLS

/// What an operator hears of failed handshakes: each new reason at once, and each known one when
/// there are twice as many as when it was last said.
final class HandshakeLog: Sendable {
    /// The most reasons that are told apart.
    private static let maxReasons = 64

    private let logger: Logger
    private let counts = Locked<[String: Int]>([:])

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Takes note of one failure.
    @Sendable func note(_ error: TLSError, peer: String) {
        let count = counts.withLock { counts in
            let known = counts[error.message] != nil || counts.count < Self.maxReasons
            let reason = known ? error.message : "other"
            counts[reason, default: 0] += 1
            return counts[reason, default: 0]
        }
        guard count.nonzeroBitCount == 1 else { return }
        logger.warning(
            "handshake failed",
            metadata: ["reason": "\(error.message)", "peer": "\(peer)", "count": "\(count)"])
    }
}
