// Why a connection could not be made or broke, in a sentence; pure functions.

import NIOCore
import TLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

enum ConnectFailure {
    /// UNAVAILABLE with the reason in plain words; a status keeps its own.
    static func status(_ what: String, _ error: any Error) -> GRPCStatus {
        GRPCStatus(.unavailable, "\(what): \(reason(error))")
    }

    static func reason(_ error: any Error) -> String {
        switch error {
        case let status as GRPCStatus: status.message
        case let error as TLSError: error.message
        case ChannelError.connectTimeout: "no answer in time"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case is SocketAddressError.UnknownHost: "there is no such host"
        default: "\(error)"
        }
    }
}
