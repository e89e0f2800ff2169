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
