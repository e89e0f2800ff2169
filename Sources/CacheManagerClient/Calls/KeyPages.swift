// A walk over keys, one call a page; one task at a time.

import Messages

/// The pages of ``CacheClient/keys(matching:)``; each iteration is a walk of its own. A page may be
/// short, even empty, before the end.
public struct KeyPages: AsyncSequence, Sendable {
    /// The most keys that one page is asked for.
    private static let pageKeys: Int32 = 1_000

    let client: CacheClient
    let pattern: String

    /// Starts at the first page.
    public func makeAsyncIterator() -> Iterator { Iterator(pages: self) }

    /// Asks for the next page when it is wanted.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let pages: KeyPages
        /// Asks for the next page; nil after the last one.
        private var token: String? = ""

        fileprivate init(pages: KeyPages) { self.pages = pages }

        /// The next page, or nil after the last one.
        public mutating func next() async throws(CacheError) -> [String]? {
            try await next(isolation: #isolation)
        }

        /// The next page, or nil after the last one.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CacheError) -> [String]? {
            guard let token else { return nil }
            let (keys, next) = try await pages.page(token)
            self.token = next.isEmpty ? nil : next
            return keys
        }
    }

    private func page(_ token: String) async throws(CacheError) -> (keys: [String], next: String) {
        try await client.call(.keys) { arena in
            var request = KeysRequest()
            request.pattern = arena.copy(pattern)
            request.pageSize = Self.pageKeys
            request.pageToken = arena.copy(token)
            return request
        } _: { (response: KeysResponse) throws(CacheError) in
            (response.keys.map(\.string), response.nextPageToken.string)
        }
    }
}
