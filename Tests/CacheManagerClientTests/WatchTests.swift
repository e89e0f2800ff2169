// Watches against live servers that end, restart and drain: what is told, and what is lost.

import Testing

@testable import CacheManagerClient

@Suite struct WatchTests {
    private typealias Stream = Invalidations.Iterator

    /// Reads on until an event that the test wants; the others are judged by nobody.
    private func next<Found>(
        _ events: inout Stream, _ find: (Invalidations.Event.Content) -> Found?
    ) async throws -> Found {
        while let event = try await events.next() {
            if let found = find(event.content) { return found }
        }
        throw CacheError(.outOfRange, "the watch has ended")
    }

    private func nextChange(_ events: inout Stream) async throws -> Invalidations.Change {
        try await next(&events) { if case .change(let change) = $0 { change } else { nil } }
    }

    private func live(_ events: inout Stream) async throws -> Bool {
        try await next(&events) {
            if case .state(.live(let resumed)) = $0 { resumed } else { nil }
        }
    }

    private func reset(_ events: inout Stream) async throws -> Invalidations.ResetReason {
        try await next(&events) { if case .reset(let reason) = $0 { reason } else { nil } }
    }

    @Test("each change comes with what is known of it, and only of the keys that were asked for")
    func changes() async throws {
        try await LiveServer.run { server, cache in
            let writer = try server.client(originID: "web-1")
            var events = cache.watch(["user:*"]).makeAsyncIterator()
            #expect(try await live(&events) == false)
            try await writer.set("other", [1])
            try await writer.set("user:1", [1])
            try await writer.delete("user:1")
            try await writer.invalidate(.pattern("user:*"), reason: "new schema")
            try await writer.invalidate(.everything)
            let set = try await nextChange(&events)
            #expect(set.target == .key("user:1") && set.kind == .set && set.version == 1)
            #expect(set.originID == "web-1" && set.cause == nil)
            #expect(try await nextChange(&events).kind == .delete)
            let pattern = try await nextChange(&events)
            #expect(pattern.target == .pattern("user:*") && pattern.cause == "new schema")
            #expect(try await nextChange(&events).target == .everything)
            await writer.close()
        }
    }

    @Test("a position that was kept goes on right after it, in another client too")
    func position() async throws {
        try await LiveServer.run { server, cache in
            var events = cache.watch().makeAsyncIterator()
            _ = try await live(&events)
            try await cache.set("a", [1])
            var kept: Invalidations.Position?
            while let event = try await events.next() {
                kept = event.position
                if case .change = event.content { break }
            }
            try await cache.set("b", [1])
            let other = try server.client()
            let position = Invalidations.Position(bytes: try #require(kept?.bytes))
            var later = other.watch(from: position).makeAsyncIterator()
            #expect(try await nextChange(&later).target == .key("b"))
            #expect(try await live(&later) == true)
            await other.close()
        }
    }

    @Test("an invalidation's own position is right behind it")
    func afterInvalidation() async throws {
        try await LiveServer.run { _, cache in
            let outcome = try await cache.invalidate(.everything)
            try await cache.set("b", [1])
            var events = cache.watch(from: outcome.position).makeAsyncIterator()
            #expect(try await nextChange(&events).target == .key("b"))
        }
    }

    @Test("after a restart it says what it lost and goes on with the new server")
    func restart() async throws {
        let first = try await LiveServer.start(epoch: 7)
        let cache = try first.client()
        var events = cache.watch().makeAsyncIterator()
        _ = try await live(&events)
        await first.stop()
        let second = try await LiveServer.start(port: first.port, epoch: 8)
        #expect(try await reset(&events) == .epochChanged)
        #expect(try await live(&events) == false)
        try await second.client().set("k", [1])
        #expect(try await nextChange(&events).target == .key("k"))
        await cache.close()
        await second.stop()
    }

    @Test("a server that drains is left for the other one")
    func drain() async throws {
        let first = try await LiveServer.start(epoch: 7)
        let second = try await LiveServer.start(epoch: 8)
        let cache = try first.client(besides: [second])
        var events = cache.watch().makeAsyncIterator()
        _ = try await live(&events)
        // Either may have been chosen; each drain must be survived.
        await first.drain()
        let third = try await LiveServer.start(port: first.port, epoch: 9)
        await second.drain()
        #expect(try await reset(&events) == .epochChanged)
        try await third.client().set("k", [1])
        #expect(try await nextChange(&events).target == .key("k"))
        await cache.close()
        await third.stop()
    }

    @Test("what another attempt cannot mend ends it with an error")
    func refused() async throws {
        try await LiveServer.run { _, cache in
            for events in [
                cache.watch(["["]), cache.watch(from: .init(bytes: [1, 2, 3])),
                cache.watch(heartbeat: .milliseconds(1)), cache.watch(["a\0"]),
            ] {
                let error = await #expect(throws: CacheError.self) {
                    for try await _ in events {}
                }
                #expect(error?.code == .invalidArgument)
            }
        }
    }

    @Test("the end of its task ends it, and so does close, while it waits for a server too")
    func ends() async throws {
        try await LiveServer.run { server, cache in
            let (ready, signal) = AsyncStream<Void>.makeStream()
            let watching = Task {
                for try await _ in cache.watch() { signal.yield() }
            }
            for await _ in ready { break }
            watching.cancel()
            try await watching.value

            let other = try server.client()
            var events = other.watch().makeAsyncIterator()
            _ = try await live(&events)
            await other.close()
            while let event = try await events.next() {
                guard case .state(.lost) = event.content else {
                    Issue.record("\(event)")
                    break
                }
            }
        }
        let nowhere = try CacheClient("127.0.0.1:1")
        var events = nowhere.watch().makeAsyncIterator()
        let first = try await events.next()
        guard case .state(.lost(let error)) = first?.content else {
            Issue.record("\(String(describing: first))")
            return
        }
        #expect(error.code == .unavailable)
        await nowhere.close()
        #expect(try await events.next() == nil)
    }

    @Test("a writer's own changes can be left out")
    func skipOrigin() async throws {
        try await LiveServer.run { server, cache in
            let me = try server.client(originID: "me")
            var events = me.watch(skippingOrigin: "me").makeAsyncIterator()
            _ = try await live(&events)
            try await me.set("a", [1])
            try await cache.set("b", [1])
            #expect(try await nextChange(&events).target == .key("b"))
            await me.close()
        }
    }
}
