// Why no connection came to be or one broke, in a sentence; pure functions.

import NIOCore
import NIOPosix
import TLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum ConnectFailure {
    /// The error of an attempt to connect.
    static func error(_ address: RedisAddress, _ error: any Error) -> RedisError {
        switch error {
        case let error as RedisError: error
        case let error as TLSError where isPlain(error): speaksNoTLS(address)
        case let error as TLSError where isRefusal(error):
            RedisError(.accessRefused, "no TLS with \(address.place): \(error.message)")
        default:
            RedisError(.connectFailed, "cannot connect to \(address.place): \(reason(error))")
        }
    }

    /// A server that wants another client certificate says so behind the handshake.
    private static func isRefusal(_ error: TLSError) -> Bool {
        switch error.code {
        case .handshake, .configuration, .protocolViolation: true
        default: false
        }
    }

    /// What is no TLS at all; a server of plain text waits for the end of a line instead.
    private static func isPlain(_ error: TLSError) -> Bool {
        error.code == .handshakeTimeout
            || error.code == .handshake && error.message.contains("does not speak TLS")
    }

    /// The error of a server that is spoken to in TLS and does not understand it.
    static func speaksNoTLS(_ address: RedisAddress) -> RedisError {
        RedisError(
            .connectFailed,
            "\(address.place) takes the connection and does not answer in TLS: it seems to speak "
                + "none there, so write redis:// instead of rediss://, or name its port for TLS")
    }

    /// The error of a server that ends a connection at the first bytes that are no TLS.
    static func expectsTLS(_ address: RedisAddress) -> RedisError {
        RedisError(
            .connectFailed,
            "\(address.place) ends the connection at our first words: it seems to expect TLS, so "
                + "write rediss:// instead of redis://, or name its port without TLS")
    }

    /// The error of a connection that broke after it was there.
    static func lost(_ address: RedisAddress, _ error: any Error) -> RedisError {
        RedisError(
            .connectionLost, "the connection to \(address.place) broke: \(reason(error))")
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as TLSError: error.message
        case ChannelError.connectTimeout: "no answer in time"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is SocketAddressError.UnknownHost: "there is no such host"
        case let error as NIOConnectionError:
            // Several addresses may have failed; the first tells as much as all of them.
            error.connectionErrors.first.map { reason($0.error) } ?? "there is no such host"
        case is ChannelPipelineError: "the connection ended at once"
        default: "\(error)"
        }
    }
}

extension RedisAddress {
    /// Where it is, in an operator's words.
    var place: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path): path
        }
    }
}
