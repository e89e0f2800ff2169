// The names of the reasons for which a connection ends against its peer's will; plain values.

/// Why a connection was turned away, or ended because of what its peer did or failed to do.
/// The raw values are public: they stand in statistics, in the log and in the GOAWAY's data.
package enum ConnectionRejection: String, CaseIterable, Sendable {
    /// As many connections are open as may be.
    case tooManyConnections = "too_many_connections"
    /// TLS could not be agreed on.
    case tlsHandshake = "tls_handshake"
    /// What came first was not HTTP/2.
    case notHTTP2 = "not_http2"
    /// The peer broke the rules of HTTP/2, or of TLS, beyond repair.
    case protocolError = "protocol_error"
    /// The server failed: not the peer's doing.
    case internalError = "internal_error"
    /// HTTP/2's first bytes did not come in time.
    case prefaceTimeout = "preface_timeout"
    /// Our settings were not acknowledged in time.
    case settingsTimeout = "settings_timeout"
    /// What was sent was not taken in time.
    case stalled = "stalled"
    /// A keepalive ping was not answered in time.
    case keepaliveTimeout = "keepalive_timeout"
    /// The peer pinged more often than it may while little happens.
    case tooManyPings = "too_many_pings"
    /// The peer reset too many calls in a short time.
    case tooManyResets = "too_many_resets"
    /// The peer provoked too many errors of streams in a short time.
    case tooManyStreamErrors = "too_many_stream_errors"
    /// The peer sent too many frames that carry nothing in a short time.
    case controlFlood = "control_flood"
    /// A header block was far larger than it may be.
    case headersTooLarge = "headers_too_large"
}
