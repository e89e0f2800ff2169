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

/// Where a walk goes on, as text: it is bound to the life of the cache and to the pattern.
struct PageToken: Equatable {
    struct Scope: Equatable {
        let epoch: UInt64
        let pattern: UInt64

        init(epoch: UInt64, pattern: UInt64) {
            self.epoch = epoch
            self.pattern = pattern
        }

        init(epoch: UInt64, pattern: UnsafeRawBufferPointer) {
            self.init(epoch: epoch, pattern: Partitioning.hash(pattern))
        }
    }

    let scope: Scope
    let cursor: KeysCursor

    init(scope: Scope, cursor: KeysCursor) {
        self.scope = scope
        self.cursor = cursor
    }

    /// Nil for text that is not a token.
    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "1", parts.allSatisfy({ $0.utf8.count <= 16 }),
            let epoch = UInt64(parts[1], radix: 16), let pattern = UInt64(parts[2], radix: 16),
            let stripe = UInt32(parts[3], radix: 16), let hash = UInt64(parts[4], radix: 16)
        else { return nil }
        scope = Scope(epoch: epoch, pattern: pattern)
        cursor = KeysCursor(stripe: stripe, hash: hash)
    }

    var text: String {
        let numbers = [scope.epoch, scope.pattern, UInt64(cursor.stripe), cursor.hash]
        return "1-" + numbers.map { String($0, radix: 16) }.joined(separator: "-")
    }
}
