// Walks over all keys, one after the other; none of them on an event loop.

/// A turnstile for work that takes long. It runs on the concurrent pool, and never on more than
/// one of its threads: the others are for those who stop the server.
actor KeyspaceWalks {
    /// Runs `work` when all that came before it is done, unless its caller has gone by then.
    func run<Result: Sendable>(_ work: @Sendable () -> Result) throws(CancellationError) -> Result {
        if Task.isCancelled { throw CancellationError() }
        return work()
    }

    /// Runs `work` when all that came before it is done.
    func runToItsEnd(_ work: @Sendable () -> Void) { work() }
}
