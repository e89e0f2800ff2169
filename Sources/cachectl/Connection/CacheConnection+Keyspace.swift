// The calls about many keys, and about the server itself; any task.

import Messages

extension CacheConnection {
    /// The most keys that one page is asked for.
    static let pageKeys = 1_000

    /// Walks through the keys that match, page by page, until `receive` answers false.
    func keys(
        _ pattern: String, _ receive: ([KeyAnswer]) throws(CommandFailure) -> Bool
    ) async throws(CommandFailure) {
        var token = ""
        repeat {
            let page = try await keysPage(pattern, token)
            guard try receive(page.keys) else { return }
            token = page.next
        } while !token.isEmpty
    }

    private func keysPage(
        _ pattern: String, _ token: String
    ) async throws(CommandFailure) -> (keys: [KeyAnswer], next: String) {
        try await call(CacheMethod.keys) { arena in
            var request = KeysRequest()
            request.pattern = arena.copy(pattern)
            request.pageSize = Int32(Self.pageKeys)
            request.pageToken = arena.copy(token)
            return request
        } _: { (response: KeysResponse) in
            (response.keys.map { KeyAnswer(key: $0.string) }, response.nextPageToken.string)
        }
    }

    /// `Invalidate`; the reason is what watchers see as the cause.
    func invalidate(
        _ selection: InvalidateCommand.Selection, reason: String
    ) async throws(CommandFailure) -> InvalidateAnswer {
        try await call(CacheMethod.invalidate) { arena in
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
        } _: { (response: InvalidateResponse) in
            InvalidateAnswer(response)
        }
    }

    /// `Stats`; an empty name asks for every namespace.
    func stats(namespace: String) async throws(CommandFailure) -> StatsAnswer {
        try await call(CacheMethod.stats) { arena in
            var request = StatsRequest()
            request.namespace = arena.copy(namespace)
            return request
        } _: { (response: StatsResponse) in
            StatsAnswer(response)
        }
    }

    /// `Check` of the health service; an empty name asks for the server as a whole.
    func health(of service: String) async throws(CommandFailure) -> HealthAnswer {
        try await call(CacheMethod.healthCheck) { arena in
            var request = HealthCheckRequest()
            request.service = arena.copy(service)
            return request
        } _: { (response: HealthCheckResponse) in
            HealthAnswer(service: service, response)
        }
    }
}
