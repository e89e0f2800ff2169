// Keys: a walk over the cache in pages, whose token is a position in it.

import CacheEngine
import GRPC
import Invalidation
import Messages

extension CacheService {
    func keys(_ turn: borrowing Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(KeysRequest.self, turn)
        let pageSize = try Self.pageSize(request.pageSize)
        let pattern =
            request.pattern.isEmpty ? nil : try RequestRules.glob(request.pattern, "pattern")
        if let shared {
            return try keys(request, pattern, limit: pageSize, in: shared, turn)
        }
        let scope = PageToken.Scope(epoch: log.epoch, pattern: request.pattern.bytes)
        var cursor: KeysCursor?
        if !request.pageToken.isEmpty {
            guard let token = PageToken(request.pageToken.string), token.scope == scope else {
                throw Self.invalidPageToken
            }
            cursor = token.cursor
        }
        let (now, start) = (turn.now, cursor)
        return .pending { () async throws(GRPCStatus) in
            let page = try await self.walk {
                self.page(after: start, limit: pageSize, now: now, pattern)
            }
            let arena = MessageArena()
            let next = page.next.map { PageToken(scope: scope, cursor: $0).text } ?? ""
            var response = KeysResponse()
            response.keys = page.keys.map { arena.copy($0) }
            response.nextPageToken = arena.copy(next)
            return FramedMessage { response.encode(in: arena, reserve: $0) }
        }
    }

    static let invalidPageToken = GRPCStatus.refused(
        reason: "INVALID_PAGE_TOKEN", field: "page_token",
        "is not the next_page_token of a page of this pattern: start again without it")

    /// Keys are taken in steps, so that a page ends when it is large or has taken long.
    private static let step = (keys: 256, pageBytes: 1 << 20, mostSteps: 8)

    func page(
        after cursor: KeysCursor?, limit: Int, now: Timestamp, _ pattern: Glob?
    ) -> KeysPage {
        var all = KeysPage(keys: [], next: cursor)
        var bytes = 0
        for _ in 0..<Self.step.mostSteps {
            let page = engine.keys(
                after: all.next, limit: min(Self.step.keys, limit - all.keys.count), now: now
            ) { pattern?.matches($0) ?? true }
            all.keys += page.keys
            all.next = page.next
            bytes += page.keys.reduce(0) { $0 + $1.count }
            if page.next == nil || all.keys.count >= limit || bytes >= Self.step.pageBytes {
                break
            }
        }
        return all
    }

    private static func pageSize(_ asked: Int32) throws(GRPCStatus) -> Int {
        let (most, standard) = ServiceLimits.pageKeys
        if asked == 0 { return standard }
        guard asked > 0, asked <= most else {
            throw .refused(
                reason: "INVALID_PAGE_SIZE", field: "page_size", "must be 1 to \(most), or 0")
        }
        return Int(asked)
    }
}
