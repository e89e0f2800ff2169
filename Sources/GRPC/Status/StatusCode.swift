// The seventeen status codes of gRPC (grpc `doc/statuscodes.md`).

/// How a call ended, as the `grpc-status` trailer carries it.
package enum StatusCode: Int, Sendable, CaseIterable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16

    /// The name that people and logs use: `INVALID_ARGUMENT`.
    package var name: String {
        switch self {
        case .ok: "OK"
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internal: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        }
    }

    /// The code that a client reads from an HTTP status without a `grpc-status`
    /// (grpc `doc/http-grpc-status-mapping.md`).
    package init(httpStatus: Int) {
        switch httpStatus {
        case 400: self = .internal
        case 401: self = .unauthenticated
        case 403: self = .permissionDenied
        case 404: self = .unimplemented
        case 429, 502, 503, 504: self = .unavailable
        default: self = .unknown
        }
    }

    /// The code that stands for an HTTP/2 error code in RST_STREAM
    /// (grpc `doc/PROTOCOL-HTTP2.md`, "Errors").
    package init(http2Error: UInt32) {
        switch http2Error {
        case 0x7: self = .unavailable  // REFUSED_STREAM
        case 0x8: self = .cancelled  // CANCEL
        case 0xb: self = .resourceExhausted  // ENHANCE_YOUR_CALM
        case 0xc: self = .permissionDenied  // INADEQUATE_SECURITY
        default: self = .internal
        }
    }
}
