// How a watch begins; any task.

extension CacheClient {
    /// Every change of the keys that match any of the globs, as it happens, in order per key.
    ///
    /// ```swift
    /// for try await event in cache.watch(["user:*"]) {
    ///     switch event.content {
    ///     case .change(let change): forget(change.target)
    ///     case .reset: forgetEverything()
    ///     case .state: break
    ///     }
    /// }
    /// ```
    ///
    /// It goes on by itself after a lost connection, a server that goes away or a restart: exactly
    /// where it was, or with a ``Invalidations/Event/Content/reset(_:)`` where something was lost.
    /// It ends with the task that reads it, with ``close()``, or by throwing an error that another
    /// attempt cannot mend.
    ///
    /// - Parameters:
    ///   - patterns: Globs over whole keys, as for ``keys(matching:)``, at most 100; none: every
    ///     key.
    ///   - position: Where to go on, from an earlier watch or an invalidation; nil: from now on.
    ///   - heartbeat: How long the stream may be idle, 1 s to 1 h; when three are missing, the
    ///     connection counts as lost.
    ///   - originID: A writer whose changes are left out.
    public func watch(
        _ patterns: [String] = [], from position: Invalidations.Position? = nil,
        heartbeat: Duration = .seconds(30), skippingOrigin originID: String? = nil
    ) -> Invalidations {
        Invalidations(
            client: self, patterns: patterns, start: position, heartbeat: heartbeat,
            skippedOrigin: originID ?? "")
    }
}
