// What a watch does next, from what happens to its stream; a value without I/O.

extension Invalidations {
    /// Keeps the position, and what has been told already, so that one loss is told once.
    struct StateMachine {
        /// What to do after the stream has ended.
        enum Next: Equatable {
            case giveUp(CacheError)
            case retry(after: Duration, telling: CacheError?)
        }

        /// Failures that another attempt cannot mend.
        private static let finalCodes: Set<CacheError.Code> = [
            .invalidArgument, .notFound, .alreadyExists, .permissionDenied, .failedPrecondition,
            .outOfRange, .unimplemented, .unauthenticated,
        ]

        /// The position to continue from; empty: from now on.
        private(set) var token: [UInt8]
        /// Whether the last attempt failed: the next one waits until there is a server.
        private(set) var isLost = false
        /// Whether the caller knows already that there is no stream.
        private var isLossTold = false
        private var backoff = Backoff()

        /// Starts behind a token; empty: from now on.
        init(since token: [UInt8]) { self.token = token }

        /// Takes a message.
        mutating func received(_ message: WatchMessage) {
            if !message.resumeToken.isEmpty { token = message.resumeToken }
            switch message.content {
            case .subscribed:
                isLost = false
                isLossTold = false
                backoff.reset()
            case .draining: isLossTold = true
            case .changes, .progress, .reset, .unknown: break
            }
        }

        /// The stream has ended, or did not come about; `random` is at least 0 and less than 1.
        mutating func ended(_ error: CacheError, random: Double) -> Next {
            if Self.finalCodes.contains(error.code) { return .giveUp(error) }
            defer {
                isLost = true
                isLossTold = true
            }
            return .retry(
                after: backoff.next(random: random), telling: isLossTold ? nil : error)
        }
    }
}
