// StreamInvalidations as a client sees it, without a network.

import Invalidation
import Messages
import NIOCore
import NIOEmbedded
import Testing

@testable import CacheService
@testable import GRPC

@Suite struct WatchStreamTests {
    private static let path = "/cachemanager.v1.Cache/StreamInvalidations"

    private func watch(
        _ wire: ServiceWire, _ change: (inout StreamInvalidationsRequest) -> Void = { _ in }
    ) throws -> ClientStream {
        var request = StreamInvalidationsRequest()
        change(&request)
        return try wire.wire.start(Self.path, [request.encoded(in: wire.arena)]).stream
    }

    private func messages(
        _ wire: ServiceWire, _ stream: ClientStream
    ) throws -> [StreamInvalidationsResponse] {
        try wire.wire.drain(stream).messages.map {
            try StreamInvalidationsResponse.decode($0, in: wire.arena)
        }
    }

    private func events(_ responses: [StreamInvalidationsResponse]) -> [Event] {
        responses.flatMap { response in
            if case .events(let events) = response.content { return events }
            return []
        }
    }

    @Test("a subscriber is told that it is live, then of every change that matches")
    func events() throws {
        let wire = try ServiceWire()
        let stream = try watch(wire) { $0.patterns = ["user:*"] }
        #expect(try messages(wire, stream).map(\.content) == [.subscribed(resumed: false)])
        let version = try wire.set("user:1", "v", origin: "me").version
        #expect(try wire.set("other:1", "v").stored)
        var removal = DeleteRequest()
        removal.key = "user:1"
        #expect(try wire.call("Delete", removal, as: DeleteResponse.self).deleted)
        let events = events(try messages(wire, stream))
        #expect(events.map(\.kind) == [.set, .delete])
        #expect(events.allSatisfy { $0.target == .key("user:1") })
        #expect(events[0].version == version && events[0].originId.string == "me")
        #expect(events[1].version == version + 1)
    }

    @Test("a subscriber may leave out the events of one writer")
    func skipOrigin() throws {
        let wire = try ServiceWire()
        let stream = try watch(wire) { $0.skipOriginId = "me" }
        #expect(try wire.set("a", "v", origin: "me").stored)
        #expect(try wire.set("b", "v", origin: "you").stored)
        #expect(events(try messages(wire, stream)).map(\.target) == [.key("b")])
    }

    @Test("a token continues right after its message")
    func resume() throws {
        let wire = try ServiceWire()
        let stream = try watch(wire)
        #expect(try wire.set("a", "1").stored)
        let token = try #require(try messages(wire, stream).last?.resumeToken)
        stream.cancel()
        #expect(try wire.set("b", "2").stored)
        let resumed = try messages(wire, try watch(wire) { $0.resumeToken = token })
        #expect(events(resumed).map(\.target) == [.key("b")])
        #expect(resumed.contains { $0.content == .subscribed(resumed: true) })
    }

    @Test("a token that the history does not reach back to is answered with a reset")
    func reset() throws {
        let wire = try ServiceWire(historyPerPartition: 4)
        let stream = try watch(wire)
        let token = try #require(try messages(wire, stream).last?.resumeToken)
        for _ in 0..<10 { #expect(try wire.set("a", "v").stored) }
        let resumed = try messages(wire, try watch(wire) { $0.resumeToken = token })
        #expect(resumed.map(\.content) == [.reset(.historyLost), .subscribed(resumed: false)])
    }

    @Test("a bad pattern, token or heartbeat is refused by name")
    func refusals() throws {
        let wire = try ServiceWire()
        let cases: [(String, (inout StreamInvalidationsRequest) -> Void)] = [
            ("patterns[1]", { $0.patterns = ["a", "[z"] }),
            ("resume_token", { $0.resumeToken = "garbage" }),
            ("heartbeat_interval", { $0.heartbeatInterval = ProtoDuration(nanos: 1) }),
            ("heartbeat_interval", { $0.heartbeatInterval = ProtoDuration(seconds: 3_601) }),
        ]
        for (field, change) in cases {
            let status = wire.wire.drain(try watch(wire, change)).status
            #expect(status?.code == .invalidArgument)
            #expect(status?.message.hasPrefix("\(field): ") == true, "\(field)")
        }
    }

    @Test("draining tells the subscriber, gives it a token, and ends the stream")
    func draining() throws {
        let wire = try ServiceWire()
        let stream = try watch(wire)
        wire.wire.loop.drain(grace: .seconds(9))
        let (encoded, status) = wire.wire.drain(stream)
        let last = try StreamInvalidationsResponse.decode(
            try #require(encoded.last), in: wire.arena)
        #expect(last.content == .draining(gracePeriod: ProtoDuration(seconds: 9)))
        #expect(!last.resumeToken.isEmpty)
        #expect(status?.code == .unavailable)
    }

    @Test("a subscriber that does not read is reset instead of queued for ever")
    func slowConsumer() throws {
        var limits = ServiceLimits()
        limits.watcherBytes = 4_000
        let wire = try ServiceWire(limits: limits)
        let stream = try watch(wire)
        #expect(try messages(wire, stream).count == 1)
        // The client's window closes after 1 MiB that nobody reads; then the queue fills.
        let key = "user:" + String(repeating: "x", count: 1_000)
        for _ in 0..<3_000 {
            #expect(try wire.set(key, "v").stored)
        }
        let all = try messages(wire, stream)
        let resets = all.filter { $0.content == .reset(.slowConsumer) }
        #expect(resets.count == 1)
        #expect(events(all).count < 3_000)
    }

    /// The history of one pool, of which nothing is known yet.
    private let history = InvalidationLog(pools: 1, feedCount: 1)

    private func begin(_ partitions: Range<Int>) {
        for partition in partitions {
            history.begin(partition, epoch: 1, revision: 3, events: [])
        }
    }

    @Test("a subscriber waits until the shared history is known, and is live then")
    func waiting() throws {
        let wire = try ServiceWire(log: history)
        let stream = try watch(wire)
        begin(0..<Partitioning.count - 1)
        #expect(try messages(wire, stream).isEmpty)
        begin(Partitioning.count - 1..<Partitioning.count)
        #expect(try messages(wire, stream).map(\.content) == [.subscribed(resumed: false)])
        // Its time is not up any more.
        wire.wire.server.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(wire.wire.drain(stream).status == nil)
        let late = try watch(wire)
        #expect(try messages(wire, late).map(\.content) == [.subscribed(resumed: false)])
    }

    @Test("a subscriber is told when the shared history does not come")
    func missingHistory() throws {
        let wire = try ServiceWire(log: history)
        let stream = try watch(wire)
        wire.wire.server.embeddedEventLoop.advanceTime(by: .milliseconds(4_900))
        #expect(wire.wire.drain(stream).status == nil)
        wire.wire.server.embeddedEventLoop.advanceTime(by: .milliseconds(200))
        let status = try #require(wire.wire.drain(stream).status)
        #expect(status.code == .unavailable)
        #expect(status.reason(in: wire.arena) == "L2_UNAVAILABLE")
        // Whoever has gone is not called.
        begin(0..<Partitioning.count)
        wire.wire.pump()
        #expect(try messages(wire, stream).isEmpty)
    }

    @Test("a subscriber that leaves before the shared history comes is forgotten")
    func leaving() throws {
        let wire = try ServiceWire(log: history)
        let stream = try watch(wire)
        stream.cancel()
        wire.wire.pump()
        begin(0..<Partitioning.count)
        wire.wire.pump()
        #expect(try messages(wire, stream).isEmpty)
    }
}
