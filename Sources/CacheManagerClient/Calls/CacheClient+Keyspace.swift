// The calls about many keys, and about the server itself; any task.

import Messages

extension CacheClient {
    /// What ``invalidate(_:reason:)`` removes.
    public enum Selection: Sendable, Hashable {
        /// These keys.
        case keys([String])
        /// Every key that matches a glob.
        case pattern(String)
        /// Every entry that has the tag.
        case tag(String)
        /// Every entry there is.
        case everything
    }

    /// Walks through the keys that match a glob, page by page, in no particular order. A key that
    /// exists during the whole walk comes exactly once; from a server with a shared level at
    /// least once, unless its partition moves to another Redis server meanwhile.
    ///
    /// ```swift
    /// for try await page in cache.keys(matching: "user:*") { print(page.count) }
    /// ```
    ///
    /// In a glob, `*` is any run, `?` one character, `[a-z]` and `[^a-z]` a set, and `\` takes the
    /// next character literally. Empty: every key.
    public func keys(matching pattern: String = "") -> KeyPages {
        KeyPages(client: self, pattern: pattern)
    }

    /// Removes what a selection names, and tells every watcher.
    ///
    /// ```swift
    /// try await cache.invalidate(.tag("price-list"), reason: "new prices")
    /// ```
    ///
    /// The reason is what watchers are told as the cause, at most 256 bytes.
    @discardableResult
    public func invalidate(
        _ selection: Selection, reason: String = ""
    ) async throws(CacheError) -> InvalidateOutcome {
        guard case .keys(let keys) = selection, keys.count > 1 else {
            return try await invalidateOnce(selection, reason: reason)
        }
        var total = InvalidateOutcome(invalidated: 0, isComplete: true, position: .init(bytes: []))
        try await inBatches(keys, bytes: \.utf8.count) { part throws(CacheError) in
            let outcome = try await invalidateOnce(.keys(Array(part)), reason: reason)
            total.invalidated += outcome.invalidated
            total.isComplete = total.isComplete && outcome.isComplete
            total.position = outcome.position
            return part.count
        }
        return total
    }

    private func invalidateOnce(
        _ selection: Selection, reason: String
    ) async throws(CacheError) -> InvalidateOutcome {
        try await call(.invalidate) { arena in
            var request = InvalidateRequest()
            request.reason = arena.copy(reason)
            request.selector =
                switch selection {
                case .keys(let keys): .keys(keys.map(arena.copy))
                case .pattern(let pattern): .pattern(arena.copy(pattern))
                case .tag(let tag): .tag(arena.copy(tag))
                case .everything: .everything(true)
                }
            return request
        } _: { (response: InvalidateResponse) throws(CacheError) in
            InvalidateOutcome(response)
        }
    }

    /// Counters and latencies since the start of the instance that answers; with a namespace,
    /// only its own.
    ///
    /// - Parameter top: How many hottest keys, missed prefixes and largest entries to tell, at most
    ///   100; 0: none.
    public func stats(
        namespace: String = "", top: Int = 0
    ) async throws(CacheError) -> CacheStats {
        try await call(.stats) { arena in
            var request = StatsRequest()
            request.namespace = arena.copy(namespace)
            // The server refuses what is too much, and says so.
            request.top = UInt32(clamping: top)
            return request
        } _: { (response: StatsResponse) throws(CacheError) in
            CacheStats(response)
        }
    }

    /// Whether a service of the server is being served; without a name, the server as a whole.
    ///
    /// - Throws: `NOT_FOUND` when the server has no such service.
    public func health(of service: String = "") async throws(CacheError) -> Health {
        try await call(.healthCheck) { arena in
            var request = HealthCheckRequest()
            request.service = arena.copy(service)
            return request
        } _: { (response: HealthCheckResponse) throws(CacheError) in
            Health(response.status)
        }
    }
}
