// Why a connection could not be made or broke, in a sentence; pure functions.

import NIOCore
import TLS

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
        default: "\(error)"
        }
    }
}
