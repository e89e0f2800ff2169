// Keys over two levels: the pools one after the other, their shards as the store walks them.

import CacheEngine
import GRPC
import Invalidation
import Messages
import NIOCore
import RedisClient

extension CacheService {
    func keys(
        _ request: KeysRequest, _ pattern: Glob?, limit: Int, in shared: SharedLevel,
        _ turn: borrowing Turn
    ) throws(GRPCStatus) -> UnaryOutcome {
        let all: ByteView = "*"
        let pattern = if let pattern { pattern } else { try RequestRules.glob(all, "pattern") }
        let mark = Partitioning.hash(request.pattern.bytes)
        var start = SharedPageToken(pattern: mark, pool: 0, cursor: nil)
        if !request.pageToken.isEmpty {
            guard let token = SharedPageToken(request.pageToken.string), token.pattern == mark,
                token.pool <= shared.pools.count,
                token.carried.allSatisfy({ Self.isListed($0, pattern) })
            else { throw Self.invalidPageToken }
            start = token
        }
        let (place, loop) = (start, turn.request.loop.index)
        let deadline = shared.deadline(turn.request.deadline)
        let state = turn.state
        return .pending { () async throws(GRPCStatus) in
            let page = try await Self.page(
                place, pattern, limit: limit, in: shared, loop: loop, deadline: deadline)
            return state.message { arena in
                var response = KeysResponse()
                response.keys = page.keys.map { arena.copy($0) }
                response.nextPageToken = arena.copy(page.next?.text ?? "")
                return response
            }
        }
    }

    /// First what an earlier page had no room for, then what the store finds.
    private static func page(
        _ place: SharedPageToken, _ pattern: Glob, limit: Int, in shared: SharedLevel, loop: Int,
        deadline: NIODeadline
    ) async throws(GRPCStatus) -> (keys: [[UInt8]], next: SharedPageToken?) {
        var found = place.carried
        var next: SharedPageToken? = place
        if found.count < limit, place.pool < shared.pools.count {
            do throws(RedisError) {
                let pool = shared.pools[place.pool]
                let page = try await pool.store.keys(
                    after: place.cursor, limit: limit - found.count, matching: pattern,
                    on: pool.servers[loop: loop], deadline: deadline)
                found += page.keys
                next = Self.next(page.next, after: place, pools: shared.pools.count)
            } catch {
                throw .sharedLevel(error)
            }
        } else if place.pool >= shared.pools.count {
            next = nil
        }
        let listed = min(found.count, max(limit, found.count - SharedPageToken.maxCarried))
        let carried = Array(found[listed...])
        if next == nil, !carried.isEmpty {
            next = SharedPageToken(pattern: place.pattern, pool: shared.pools.count, cursor: nil)
        }
        next?.carried = carried
        return (Array(found[..<listed]), next)
    }

    /// Whether a key in a token may be one of ours: tokens come from outside.
    private static func isListed(_ key: [UInt8], _ pattern: Glob) -> Bool {
        key.withUnsafeBytes { bytes in
            guard (try? RequestRules.checkKey(ByteView(bytes))) != nil,
                String(validating: key, as: UTF8.self) != nil
            else { return false }
            return pattern.matches(bytes)
        }
    }

    private static func next(
        _ cursor: StoreCursor?, after place: SharedPageToken, pools: Int
    ) -> SharedPageToken? {
        if let cursor {
            return SharedPageToken(pattern: place.pattern, pool: place.pool, cursor: cursor)
        }
        guard place.pool + 1 < pools else { return nil }
        return SharedPageToken(pattern: place.pattern, pool: place.pool + 1, cursor: nil)
    }
}
