// Keys: a walk over the cache in pages, whose token is a position in it.

import CacheEngine
import GRPC
import Invalidation
import Messages

extension CacheService {
    @Sendable func keys(_ turn: Turn) throws(GRPCStatus) -> UnaryOutcome {
        let request = try decode(KeysRequest.self, turn)
        let pageSize = try Self.pageSize(request.pageSize)
        let pattern =
            request.pattern.isEmpty ? nil : try RequestRules.glob(request.pattern, "pattern")
        let scope = PageToken.Scope(epoch: log.epoch, pattern: request.pattern.bytes)
        var cursor: KeysCursor?
        if !request.pageToken.isEmpty {
            guard let token = PageToken(request.pageToken.string), token.scope == scope else {
                throw .refused(
                    reason: "INVALID_PAGE_TOKEN", field: "page_token",
                    "is not the next_page_token of a page of this pattern: start again without it")
            }
            cursor = token.cursor
        }
        let page = engine.keys(after: cursor, limit: pageSize, now: turn.now) { key in
            pattern?.matches(key) ?? true
        }
        let next = page.next.map { PageToken(scope: scope, cursor: $0).text } ?? ""
        var response = KeysResponse()
        response.keys = page.keys.map { turn.arena.copy($0) }
        response.nextPageToken = turn.arena.copy(next)
        return turn.answer(response)
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
