// What a watcher says and does next, from what happens to its stream; a value without I/O.

import GRPC

extension Watcher {
    /// Keeps the position, and what has been said already, so that one loss is one remark.
    struct StateMachine {
        /// What to do after the stream has ended.
        enum Next: Equatable {
            case giveUp(CommandFailure)
            case retry(after: Duration, saying: WatchRemark?)
        }

        /// Failures that another attempt cannot mend.
        private static let finalCodes: Set<String> = Set(
            [
                StatusCode.invalidArgument, .notFound, .alreadyExists, .permissionDenied,
                .failedPrecondition, .outOfRange, .unimplemented, .unauthenticated,
            ].map(\.name))

        /// The position to continue from; empty: from now on.
        private(set) var token: [UInt8]
        private var hasBeenLive = false
        /// Whether people know already that there is no connection.
        private var isLossTold = false
        private var backoff = Backoff()

        /// Starts behind a token; empty: from now on.
        init(since token: [UInt8]) { self.token = token }

        /// Takes a message; tells what to say about it.
        mutating func received(_ message: WatchMessage) -> WatchRemark? {
            let isContinuing = !token.isEmpty
            if !message.resumeToken.isEmpty { token = message.resumeToken }
            switch message.content {
            case .subscribed(let resumed):
                hasBeenLive = true
                isLossTold = false
                backoff.reset()
                if resumed { return .resumed }
                // Where a token was given and is not honoured, a reset follows with the reason.
                return isContinuing ? nil : .watching
            case .reset(let cause): return .reset(cause)
            case .draining:
                isLossTold = true
                return .draining
            case .events, .progress, .unknown: return nil
            }
        }

        /// The stream has ended, or did not come about; `random` is at least 0 and less than 1.
        /// A watcher that was live once tries again for ever.
        mutating func ended(_ failure: CommandFailure, random: Double) -> Next {
            let isLocal = failure.exit != .unreachable && failure.exit != .refused
            if isLocal || !hasBeenLive || Self.finalCodes.contains(failure.code) {
                return .giveUp(failure)
            }
            defer { isLossTold = true }
            return .retry(
                after: backoff.next(random: random),
                saying: isLossTold ? nil : .lost(failure.message))
        }
    }
}
