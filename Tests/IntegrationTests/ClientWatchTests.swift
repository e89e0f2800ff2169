// The library's watch against real servers that are killed, restarted and drained.

import CacheManagerClient
import Foundation
import Testing

@Suite struct ClientWatchTests {
    /// Reads on until such an event comes.
    private func next<Found>(
        _ events: inout Invalidations.Iterator,
        _ find: (Invalidations.Event.Content) -> Found?
    ) async throws -> Found {
        while let event = try await events.next() {
            if let found = find(event.content) { return found }
        }
        throw DeadlinePassed(description: "the watch has ended")
    }

    @Test("a watch outlives the server, and says what it lost")
    func restart() async throws {
        let first = try await ServerProcess.start()
        let cache = try CacheClient(first.address)
        var events = cache.watch().makeAsyncIterator()
        try await next(&events) { if case .state(.live) = $0 { () } else { nil } }
        try await first.kill()
        try await next(&events) { if case .state(.lost) = $0 { () } else { nil } }
        let second = try await ServerProcess.start(port: first.port)
        let reason = try await next(&events) {
            if case .reset(let reason) = $0 { reason } else { nil }
        }
        #expect(reason == .epochChanged)
        await cache.close()
        #expect(try await second.stop() == 0)
    }

    @Test("a server that drains is left for the other one, and can end")
    func drain() async throws {
        let first = try await ServerProcess.start()
        let second = try await ServerProcess.start()
        let cache = try CacheClient(first.address, second.address)
        var events = cache.watch().makeAsyncIterator()
        try await next(&events) { if case .state(.live) = $0 { () } else { nil } }
        // The watch is on one of them: whoever ends, it ends in order.
        let watchers = try await first.client().stats().instance.watchers
        let (used, other) = watchers == 1 ? (first, second) : (second, first)
        async let exitCode = used.stop()
        try await next(&events) { if case .state(.draining) = $0 { () } else { nil } }
        try await next(&events) { if case .reset = $0 { () } else { nil } }
        #expect(try await exitCode == 0)
        try await other.client().set("k", [1])
        let change = try await next(&events) {
            if case .change(let change) = $0 { change } else { nil }
        }
        #expect(change.target == .key("k"))
        await cache.close()
        #expect(try await other.stop() == 0)
    }
}
