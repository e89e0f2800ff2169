// The feed of a real server: killed connections, lost logs, silence.

import Foundation
import Invalidation
import Locks
import NIOCore
import Testing

@testable import RedisClient

@Suite("The feed of a Redis server", .realServers)
struct RedisFeedTests {
    private func allBegun(_ witness: FeedWitness) async throws {
        try await eventually { witness.partitions.count == Partitioning.count }
    }

    @Test("tells two listeners every change in order, however often connections are killed")
    func killedConnections() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let witnesses = [FeedWitness(), FeedWitness()]
            try await stage.feed(witnesses[0]) { first in
                try await stage.feed(witnesses[1]) { second in
                    for witness in witnesses { try await allBegun(witness) }
                    let written = try await write(to: stage, 4, each: 2_500) {
                        try server.cli("client", "kill", "type", "pubsub")
                    }
                    #expect(written.count == 10_000)
                    for witness in witnesses {
                        try await eventually { witness.keys.count == written.count }
                        #expect(witness.keys == written)
                        #expect(witness.violations == [])
                        #expect(witness.resets == 0)
                    }
                    for feed in [first, second] {
                        let statistics = await feed.statistics()
                        #expect(statistics.events == 10_000)
                        #expect(statistics.losses > 2 && statistics.repairedEvents > 0)
                        #expect(statistics.malformed == 0 && statistics.resets == 0)
                    }
                }
            }
        }
    }

    /// Writers beside something that happens again and again meanwhile; the revision of each key.
    private func write(
        to stage: FeedStage, _ writers: Int, each count: Int,
        while disturb: @escaping @Sendable () throws -> Void
    ) async throws -> [String: UInt64] {
        try await withThrowingTaskGroup(of: [String: UInt64].self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var revisions: [String: UInt64] = [:]
                    for index in 0..<count {
                        let key = "w\(writer):\(index)"
                        revisions[key] = try await stage.change(key, loop: writer % 2)
                    }
                    return revisions
                }
            }
            let isDone = Done()
            let disturbance = Task.detached {
                while !isDone.value { try disturb() }
            }
            var all: [String: UInt64] = [:]
            for try await revisions in group { all.merge(revisions) { $1 } }
            isDone.set()
            try await disturbance.value
            return all
        }
    }

    @Test("resets a partition whose log no longer has what was missed, and no other")
    func trimmedLog() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { feed in
                try await allBegun(witness)
                try await stage.change("a")
                let home = FeedStage.partition(of: "a")
                // At once, so that the feed cannot come back in between.
                let connection = try await TestConnection(to: server.address)
                _ = try await connection.send("MULTI")
                _ = try await connection.send("CLIENT", "KILL", "TYPE", "pubsub")
                var change = stage.command(changing: "a")
                change.expects = .any  // in a transaction: QUEUED
                _ = try await connection.send(change)
                _ = try await connection.send(change)
                _ = try await connection.send("XTRIM", "cm:{\(home)}:log", "MAXLEN", "1")
                _ = try await connection.send("EXEC")
                try await connection.close()
                try await eventually { witness.resets == 1 && witness.lostCount == 0 }
                #expect(witness.partitions[home]?.resets.count == 1)
                let last = try await stage.change("a")
                try await eventually { witness.partitions[home]?.place.revision == last }
                #expect(witness.violations == [])
                #expect(await feed.statistics().resets == 1)
            }
        }
    }

    @Test("resets a partition that begins anew after FLUSHALL")
    func flushedServer() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { _ in
                try await allBegun(witness)
                try await stage.change("a")
                let home = FeedStage.partition(of: "a")
                let epoch = witness.partitions[home]?.place.epoch
                try server.cli("flushall")
                try await stage.change("a")
                try await eventually { witness.partitions[home]?.resets.isEmpty == false }
                #expect(witness.partitions[home]?.place.epoch != epoch)
                let last = try await stage.change("a")
                try await eventually { witness.partitions[home]?.place.revision == last }
                #expect(witness.partitions[home]?.resets.count == 1)
                #expect(witness.violations == [])
            }
        }
    }

    @Test("is lost while the server is stopped, and repaired when it goes on")
    func silentServer() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { feed in
                try await allBegun(witness)
                let before = try await stage.change("a")
                server.pause()
                let paused = NIODeadline.now()
                try await eventually { witness.lostCount == Partitioning.count }
                // What counts is when it was heard last, not when that was noticed.
                let at = try #require(witness.lossTimes.first)
                #expect(at < paused + .seconds(1))
                #expect(await feed.statistics().shards.map(\.state) == [.disconnected])
                server.resume()
                try await eventually { witness.lostCount == 0 }
                #expect(try await stage.change("b") > 0)
                try await eventually { witness.keys["b"] != nil }
                #expect(witness.keys["a"] == before)
                #expect(witness.resets == 0 && witness.violations == [])
                #expect(await feed.statistics().shards.map(\.state) == [.live])
            }
        }
    }

    @Test("is reset by a server that was killed and begins anew, partition by partition")
    func restartedServer() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { _ in
                try await allBegun(witness)
                try await stage.change("a")
                server.kill()
                try await eventually { witness.lostCount == Partitioning.count }
                try server.restart()
                try await eventually { witness.lostCount == 0 }
                #expect(witness.resets == Partitioning.count)
                #expect(witness.violations == [])
            }
        }
    }

    @Test("begins with the newest changes, so that positions of before are found again")
    func beginning() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let before = LogWriter()
            try await stage.feed(before) { _ in
                try await eventually { before.log.isReady }
                try await stage.change("a")
                try await eventually { before.log.eventCount == 1 }
            }
            let position = before.log.position()
            for _ in 0..<700 { try await stage.change("a") }
            try await stage.change("b")
            let after = LogWriter()
            try await stage.feed(after, ringEvents: 1_000) { _ in
                try await eventually { after.log.isReady }
                // Another instance and another process would find the same.
                #expect(after.log.epoch == position.epoch)
                let home = FeedStage.partition(of: "a")
                let result = after.log.read(
                    home, after: position.revisions[home], in: position.epoch, limit: 1_000)
                guard case .events(let events) = result else {
                    Issue.record("the position is not found")
                    return
                }
                #expect(events.count == 700)
                #expect(after.log.eventCount == 702)
            }
        }
    }

    @Test("survives messages and log entries of others")
    func garbage() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { feed in
                try await allBegun(witness)
                let home = FeedStage.partition(of: "a")
                let place = try #require(witness.partitions[home]?.place)
                for payload in ["", "x", String(repeating: "y", count: 300)] {
                    try server.cli("spublish", "cm:{\(home)}:events", payload)
                }
                try await eventually { await feed.statistics().malformed >= 3 }
                #expect(try await stage.change("a") == place.revision + 1)
                try await eventually { witness.keys["a"] != nil }
                #expect(witness.resets == 0)
                // An entry that is none: what comes after it cannot be reached by reading on.
                let next = place.revision + 2
                try server.cli("xadd", "cm:{\(home)}:log", "\(next)-0", "b", "nonsense")
                try server.cli("hincrby", "cm:{\(home)}:rev", "rev", "1")
                #expect(try await stage.change("a") == next + 1)
                try await eventually { witness.resets == 1 }
                let last = try await stage.change("a")
                try await eventually { witness.partitions[home]?.place.revision == last }
                #expect(witness.violations == [])
            }
        }
    }

    @Test("notices in passing what was never published, and that all was flushed")
    func audit() async throws {
        let server = try RedisServer()
        try await FeedStage.with(.single(server)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { _ in
                try await allBegun(witness)
                let home = FeedStage.partition(of: "a")
                let place = try #require(witness.partitions[home]?.place)
                // As a server does to which the slot of a channel does not belong yet.
                let body = "\u{1}\u{1}\u{0}\u{0}\u{0}\u{0}a"
                let connection = try await TestConnection(to: server.address)
                _ = try await connection.send(
                    "XADD", "cm:{\(home)}:log", "\(place.revision + 1)-0", "b", body)
                _ = try await connection.send("HINCRBY", "cm:{\(home)}:rev", "rev", "1")
                try await eventually { witness.keys["a"] == place.revision + 1 }
                #expect(witness.resets == 0)
                _ = try await connection.send("FLUSHALL")
                try await connection.close()
                try await eventually { witness.resets == Partitioning.count }
                #expect(witness.violations == [])
            }
        }
    }

    @Test("tells of a shard once what has become of it, and why")
    func report() async throws {
        let port = try RedisServer.freePort()
        let shard = RedisShardConfiguration(
            name: "a", address: .tcp(host: "127.0.0.1", port: port))
        try await FeedStage.with(.shards([shard])) { stage in
            let witness = FeedWitness()
            let events = Locked<[String]>([])
            let report: @Sendable (RedisFeedEvent) -> Void = { event in
                events.withLock { $0.append("\(event)".prefix { $0 != "(" }.description) }
            }
            try await stage.feed(witness, report: report) { feed in
                try await eventually { await feed.statistics().shards.first?.problem != nil }
                let user = "user default on nopass ~* &* +@all -ssubscribe"
                let server = try RedisServer([user], port: port)
                defer { server.stop() }
                try await eventually {
                    await feed.statistics().shards.first?.problem?.code == .accessRefused
                }
                try server.cli("acl", "setuser", "default", "+ssubscribe")
                try await allBegun(witness)
                try await eventually { await feed.statistics().shards.first?.problem == nil }
                server.kill()
                try await eventually { witness.lostCount == Partitioning.count }
                #expect(events.withLock { $0 } == ["refused", "live", "lost"])
            }
        }
    }

    @Test("is live as a whole: not while some channels of the server are refused")
    func refusedChannels() async throws {
        let some = ["&cm:{?}:events", "&cm:{??}:events"]
        let server = try RedisServer([
            "user default on nopass ~* +@all resetchannels \(some.joined(separator: " "))"
        ])
        try await FeedStage.with(.single(server)) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { feed in
                func live() async -> Int? { await feed.statistics().shards.first?.livePartitions }
                // Of a command with a channel that is refused none is subscribed to.
                try await eventually { await live() == 64 }
                #expect(witness.partitions.count == 64 && witness.lostCount == 64)
                try server.cli("acl", "setuser", "default", "allchannels")
                try await allBegun(witness)
                try await eventually { witness.lostCount == 0 }
                try server.cli("acl", "setuser", "default", "resetchannels", some[0], some[1])
                try await eventually { witness.lostCount == Partitioning.count }
                try await eventually { await live() == 64 }
                #expect(witness.lostCount == Partitioning.count)
                try server.cli("acl", "setuser", "default", "allchannels")
                try await eventually { witness.lostCount == 0 }
                #expect(witness.violations == [] && witness.resets == 0)
            }
        }
    }

    @Test("waits for a server that is not there yet")
    func lateServer() async throws {
        let port = try RedisServer.freePort()
        let shard = RedisShardConfiguration(
            name: "a", address: .tcp(host: "127.0.0.1", port: port))
        try await FeedStage.with(.shards([shard])) { stage in
            let witness = FeedWitness()
            try await stage.feed(witness) { feed in
                try await eventually {
                    await feed.statistics().shards.map(\.state) == [.disconnected]
                }
                #expect(witness.partitions.isEmpty)
                let server = try RedisServer(port: port)
                try await allBegun(witness)
                try await stage.change("a")
                try await eventually { witness.keys["a"] != nil }
                server.stop()
            }
        }
    }
}

/// What puts the feed into a log, as the service does.
private final class LogWriter: FeedDelegate {
    let log = InvalidationLog(pools: 1, eventsPerPartition: 1_000, feedCount: 0)

    func began(partition: Int, epoch: UInt64, revision: UInt64, events: [InvalidationEvent]) {
        log.begin(partition, epoch: epoch, revision: revision, events: events)
    }

    func apply(_ event: FeedEvent) { log.append(event.change) }

    func reset(partition: Int, epoch: UInt64, revision: UInt64) {
        log.reset(partition, epoch: epoch, revision: revision)
    }

    func feedLost(partitions: [Int], at: NIODeadline) {}
    func feedRepaired(partitions: [Int]) {}
    func feedMoved(partitions: [Int]) {}
}
