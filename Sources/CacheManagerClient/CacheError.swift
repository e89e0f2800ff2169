// The one error of this library; a value.

import GRPC
import Messages

/// Why a call did not do what it was asked. A miss and a condition that did not hold are answers,
/// not errors.
///
/// ```swift
/// do {
///     try await cache.set("user:123", value)
/// } catch {
///     guard error.isRetryable else { throw error }
///     // later
/// }
/// ```
public struct CacheError: Error, Sendable, Hashable {
    /// What kind of failure it is: the status codes of gRPC, by their names.
    public enum Code: String, Sendable, Hashable, CaseIterable {
        /// The caller gave up.
        case cancelled = "CANCELLED"
        /// Nobody knows.
        case unknown = "UNKNOWN"
        /// The request is wrong, and will be.
        case invalidArgument = "INVALID_ARGUMENT"
        /// The answer did not come in time; a write may have been done all the same.
        case deadlineExceeded = "DEADLINE_EXCEEDED"
        /// What was named is not there. (A missing key is not an error.)
        case notFound = "NOT_FOUND"
        /// It exists already.
        case alreadyExists = "ALREADY_EXISTS"
        /// This caller may not do that.
        case permissionDenied = "PERMISSION_DENIED"
        /// Something is too large, too many or full.
        case resourceExhausted = "RESOURCE_EXHAUSTED"
        /// Something else has to happen first.
        case failedPrecondition = "FAILED_PRECONDITION"
        /// Somebody else was faster.
        case aborted = "ABORTED"
        /// Beyond the end.
        case outOfRange = "OUT_OF_RANGE"
        /// The server does not know that call.
        case unimplemented = "UNIMPLEMENTED"
        /// A bug, here or there.
        case `internal` = "INTERNAL"
        /// No server takes the call now.
        case unavailable = "UNAVAILABLE"
        /// Something is lost for good.
        case dataLoss = "DATA_LOSS"
        /// The caller did not say who it is.
        case unauthenticated = "UNAUTHENTICATED"
    }

    /// What kind of failure it is.
    public var code: Code
    /// What is wrong, and where the server knows it, what to do about it.
    public var message: String
    /// The server's stable reason, as docs/api.md lists them: `INVALID_KEY`; nil where the
    /// failure does not come from a server.
    public var reason: String?
    /// After how long the server thinks that trying again may help; nil where it does not say.
    public var retryAfter: Duration?

    init(
        _ code: Code, _ message: String, reason: String? = nil, retryAfter: Duration? = nil
    ) {
        self.code = code
        self.message = message
        self.reason = reason
        self.retryAfter = retryAfter
    }

    /// Whether the same call may succeed later. It does not say that repeating does no harm: a
    /// write that was not answered may have been done.
    public var isRetryable: Bool {
        switch code {
        case .unavailable, .deadlineExceeded, .aborted: true
        default: false
        }
    }
}

extension CacheError: CustomStringConvertible {
    /// The code and the sentence.
    public var description: String {
        message.isEmpty ? code.rawValue : "\(code.rawValue): \(message)"
    }
}

extension CacheError {
    /// How a call ended that did not end with OK.
    init(_ status: GRPCStatus) {
        let arena = MessageArena()
        let reason = status.reason(in: arena)
        self.init(
            Code(rawValue: status.code.name) ?? .unknown, status.message,
            reason: reason.isEmpty ? nil : reason,
            retryAfter: status.retryDelay(in: arena).map(Duration.init))
    }

    /// The status of an item of a batch; nil when the item has its answer.
    init?(_ status: ItemStatus?, key: String) {
        guard let status, status.code != 0 else { return nil }
        let code = StatusCode(rawValue: Int(status.code)) ?? .unknown
        self.init(
            Code(rawValue: code.name) ?? .unknown, "\(key): \(status.message.string)",
            reason: status.reason.isEmpty ? nil : status.reason.string)
    }
}
