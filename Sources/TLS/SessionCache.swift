// Owns the sessions that a client may resume, one for each server name; any thread.

import COpenSSL
import Locks

/// A session, with the one reference that it owns.
// OpenSSL counts the references with atomics and never changes a session that was handed out.
final class TLSSession: @unchecked Sendable {
    fileprivate let pointer: OpaquePointer

    fileprivate init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        SSL_SESSION_free(pointer)
    }

    /// A ticket of TLS 1.3 is for one connection, so that two cannot be told to be the same
    /// client's (RFC 8446 appendix C.4).
    fileprivate var isForOneUse: Bool {
        SSL_SESSION_get_protocol_version(pointer) >= TLSVersion.v13.rawValue
    }
}

/// The latest session with each of a few servers.
final class SessionCache: Sendable {
    /// The most server names that a session is kept for.
    static let maxNames = 64

    private let sessions = Locked<[String: TLSSession]>([:])

    var count: Int { sessions.withLock { $0.count } }

    func take(_ name: String) -> TLSSession? {
        sessions.withLock { sessions in
            guard let session = sessions[name] else { return nil }
            if session.isForOneUse { sessions[name] = nil }
            return session
        }
    }

    func put(_ session: TLSSession, _ name: String) {
        sessions.withLock { sessions in
            // Any one goes: what is lost is one full handshake.
            if sessions.count >= Self.maxNames, sessions[name] == nil,
                let other = sessions.keys.first
            {
                sessions[other] = nil
            }
            sessions[name] = session
        }
    }
}

/// Where the sessions of one client connection go; its event loop only.
final class SessionSlot {
    private let cache: SessionCache
    private let serverName: String

    init(cache: SessionCache, serverName: String) {
        self.cache = cache
        self.serverName = serverName
    }

    /// Offers the server to resume the session kept for it, and waits for new ones. The slot must
    /// outlive `ssl`.
    func resume(_ ssl: OpaquePointer) {
        SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque())
        // Refused when it has run out: then the handshake is a full one.
        if let session = cache.take(serverName) { SSL_set_session(ssl, session.pointer) }
    }

    /// Keeps a session that a server has just granted; true when it took the reference over.
    static func keep(_ session: OpaquePointer?, of ssl: OpaquePointer?) -> Bool {
        guard let session, let ssl, let pointer = SSL_get_ex_data(ssl, 0),
            SSL_SESSION_is_resumable(session) == 1
        else { return false }
        let slot = Unmanaged<SessionSlot>.fromOpaque(pointer).takeUnretainedValue()
        slot.cache.put(TLSSession(owning: session), slot.serverName)
        return true
    }
}
