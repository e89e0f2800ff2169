// What callers are told when the shared level does not answer; pure functions.

import GRPC
import NIOCore
import RedisClient

extension GRPCStatus {
    /// After how long trying again may help, where nothing says more.
    private static let standardRetryDelay = Duration.seconds(1)

    /// The status of a call that failed for an error of the shared level.
    ///
    /// The sentences are ours: what a server says may hold a key.
    static func sharedLevel(
        _ error: RedisError, isWrite: Bool = false, retryDelay: Duration? = nil
    ) -> GRPCStatus {
        let shard = error.shard.map { " (shard \($0))" } ?? ""
        let doubt =
            isWrite && !error.isCertainlyUnexecuted ? "; the change may have been made" : ""
        let (code, reason, sentence): (StatusCode, String, String) =
            switch error.code {
            case .connectFailed, .connectionLost, .noShard, .protocolViolation:
                (.unavailable, "L2_UNAVAILABLE", "the shared level cannot be reached")
            case .timedOut:
                (.unavailable, "L2_UNAVAILABLE", "the shared level did not answer in time")
            case .overloaded:
                (.unavailable, "L2_UNAVAILABLE", "the shared level has too much to do")
            case .breakerOpen:
                (.unavailable, "L2_UNAVAILABLE", "the shared level failed too often lately")
            case .accessRefused, .incompatible:
                (.unavailable, "L2_UNAVAILABLE", "the shared level does not let the cache in")
            case .closed: (.unavailable, "L2_UNAVAILABLE", "the cache is shutting down")
            case .outOfMemory:
                (.resourceExhausted, "L2_OUT_OF_MEMORY", "the shared level has no memory left")
            case .server: (.internal, "L2_REFUSED", "the shared level refused the command")
            }
        return .refused(
            code, reason: reason, field: "", sentence + shard + doubt,
            retryDelay: code == .internal ? nil : retryDelay ?? standardRetryDelay)
    }
}

extension SharedNamespace {
    /// The status for an error, which says how long the shard's circuit breaker stays open.
    ///
    /// - Parameter call: When the caller gave up, if it did: then it was for that.
    func status(
        _ error: RedisError, isWrite: Bool = false, deadline call: NIODeadline?
    ) -> GRPCStatus {
        if error.code == .timedOut, let call, call <= .now() {
            return GRPCStatus(.deadlineExceeded, "the deadline passed before the answer")
        }
        var delay: Duration?
        if error.code == .breakerOpen, let shard = error.shard {
            delay = pool.servers.shards.first { $0.id.name == shard }?.retryAfter
        }
        return .sharedLevel(error, isWrite: isWrite, retryDelay: delay)
    }
}
