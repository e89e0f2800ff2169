// Writes a line about rejected connections when there is one to write; any thread.

import GRPC
import Locks
import Logging

/// What an operator hears of connections that were turned away or ended.
final class RejectionLog: Sendable {
    private let logger: Logger
    private let journal = Locked(RejectionJournal())
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant

    init(_ logger: Logger) {
        self.logger = logger
        start = clock.now
    }

    /// Takes note of one; `detail` is what there is to say beyond the reason's name.
    @Sendable func note(_ reason: ConnectionRejection, detail: String?, peer: String) {
        let now = start.duration(to: clock.now)
        guard let line = journal.withLock({ $0.note(peer: peer, now: now) }) else { return }
        var metadata: Logger.Metadata = [
            "reason": "\(reason.rawValue)", "peer": "\(line.peer ?? "many")",
            "count": "\(line.count)", "hint": "\(reason.hint)",
        ]
        if let detail { metadata["detail"] = "\(detail)" }
        logger.warning("connection rejected", metadata: metadata)
    }
}

extension ConnectionRejection {
    /// What can be done about it.
    fileprivate var hint: String {
        switch self {
        case .tooManyConnections:
            "too many are open; raise max_connections if they are meant to be"
        case .tlsHandshake: "the peer and this server must agree on TLS, its version and h2"
        case .notHTTP2: "the peer speaks something else; this port serves gRPC"
        case .protocolError: "the peer broke the rules of HTTP/2: see which program it is"
        case .internalError: "report it: the peer has done nothing wrong"
        case .prefaceTimeout: "the peer connected and said nothing; port scanners do"
        case .settingsTimeout, .stalled, .keepaliveTimeout:
            "the peer has stopped reading, or the network in between has"
        case .tooManyPings: "let the client's keepalive ping less often"
        case .tooManyResets:
            "raise max_resets_per_second if the client cancels so many calls on purpose"
        case .tooManyStreamErrors: "the peer breaks the rules of HTTP/2 again and again"
        case .controlFlood: "raise max_control_frames_per_second if the client is honest"
        case .headersTooLarge: "let the client send less metadata; see max_header_bytes"
        }
    }
}
