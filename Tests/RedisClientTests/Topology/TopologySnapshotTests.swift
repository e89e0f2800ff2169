// Holds the reading of a cluster's slots and the names of its shards.

import NIOCore
import Testing

@testable import RedisClient

@Suite("A topology")
struct TopologySnapshotTests {
    private static let asked = RedisAddress.tcp(host: "10.0.0.9", port: 7000)

    private static func node(_ host: RESPValue, _ port: Int64, _ id: String) -> RESPValue {
        .array([host, .integer(port), .text(id), .map([])])
    }

    private static func range(_ first: Int64, _ last: Int64, _ nodes: RESPValue...) -> RESPValue {
        .array([.integer(first), .integer(last)] + nodes)
    }

    private static func local(_ port: Int64, _ id: String) -> RESPValue {
        node(.text("127.0.0.1"), port, id)
    }

    private static func snapshot(
        _ reply: RESPValue, after previous: TopologySnapshot? = nil
    ) throws -> TopologySnapshot {
        .cluster(try #require(ClusterSlots(reply, asked: asked)), previous: previous)
    }

    @Test("knows the slots of the partitions as Redis computes them")
    func slots() {
        // `redis-cli cluster keyslot {p}` of Redis 7.0.
        #expect(ClusterSlot.ofPartition[0] == 13_907)
        #expect(ClusterSlot.ofPartition[1] == 9_842)
        #expect(ClusterSlot.ofPartition[255] == 14_163)
        #expect(ClusterSlot.crc16(Array("123456789".utf8)) == 0x31C3)
        #expect(ClusterSlot.ofPartition.count == 256)
        #expect(Set(ClusterSlot.ofPartition).count == 256)
    }

    @Test("reads the answer to CLUSTER SLOTS, with hosts that are not told")
    func readsSlots() throws {
        let reply = RESPValue.array([
            Self.range(0, 5_460, Self.node(.text(""), 7001, "a"), Self.local(7004, "d")),
            Self.range(
                5_461, 10_922, Self.node(.null, 7002, "b"), Self.node(.text("?"), 7005, "e")),
            Self.range(10_923, 16_382, Self.local(7003, "c")),
            Self.range(16_383, 16_383, Self.node(.text(""), 7001, "a"), Self.local(7004, "d")),
        ])
        let slots = try #require(ClusterSlots(reply, asked: Self.asked))
        #expect(slots.masters.map(\.id) == ["a", "b", "c"])
        #expect(slots.masters[0].address == .tcp(host: "10.0.0.9", port: 7001))
        #expect(slots.masters[0].ranges == [0...5_460, 16_383...16_383])
        #expect(slots.masters[1].address == .tcp(host: "10.0.0.9", port: 7002))
        #expect(slots.masters[1].replicas.map(\.address) == [.tcp(host: "10.0.0.9", port: 7005)])
        #expect(slots.masters[2].replicas.isEmpty)
    }

    @Test("reads no slots from anything else")
    func refusesOthers() {
        let wrong: [RESPValue] = [
            .null, .text("x"), .array([.integer(1)]),
            .array([Self.range(5, 4, Self.local(1, "a"))]),
            .array([Self.range(0, 16_384, Self.local(1, "a"))]),
            .array([.array([.integer(0), .integer(1)])]),
            .array([Self.range(0, 1, Self.local(0, "a"))]),
            .array([Self.range(0, 1, Self.local(65_536, "a"))]),
        ]
        for reply in wrong {
            #expect(ClusterSlots(reply, asked: Self.asked) == nil, "\(reply)")
        }
    }

    @Test("leaves out masters without a partition, and partitions without a master")
    func gaps() throws {
        let slot = Int64(ClusterSlot.ofPartition[7])
        let only = try Self.snapshot(
            .array([
                Self.range(slot, slot, Self.local(1, "aaaaaaaaaa")),
                Self.range(Int64(Self.foreignSlot), Int64(Self.foreignSlot), Self.local(2, "b")),
            ]))
        #expect(only.shards.map(\.id.name) == ["aaaaaaaa"])
        #expect(only.owners[7] == 0)
        #expect(only.owners.count { $0 == nil } == 255)
    }

    private static var foreignSlot: Int {
        (0..<ClusterSlot.count).first { !ClusterSlot.ofPartition.contains($0) } ?? 0
    }

    @Test("keeps a shard's name when its replica takes over, and gives a new shard a new one")
    func namesLast() throws {
        let before = try Self.snapshot(
            .array([
                Self.range(0, 8_000, Self.local(1, "a-master"), Self.local(2, "a-replica")),
                Self.range(8_001, 16_383, Self.local(3, "b-master"), Self.local(4, "b-replica")),
            ]))
        #expect(before.shards.map(\.id.name) == ["a-master", "b-master"])
        let after = try Self.snapshot(
            .array([
                Self.range(0, 4_000, Self.local(2, "a-replica")),
                Self.range(4_001, 8_000, Self.local(5, "c-master")),
                Self.range(8_001, 16_383, Self.local(3, "b-master"), Self.local(1, "a-master")),
            ]), after: before)
        #expect(after.shards.map(\.id.name) == ["a-master", "c-master", "b-master"])
        #expect(after.shards[0].master == .tcp(host: "127.0.0.1", port: 2))
        let moved = after.shards[1].partitions.count
        #expect(moved > 0)
        #expect(after.partitionsMoved(since: before) == moved)
    }

    @Test("counts the nodes that nobody suspects")
    func healthyNodes() {
        let text = """
            07c3 127.0.0.1:1@2 master - 0 1 1 connected 0-5
            17c3 127.0.0.1:2@3 myself,master - 0 1 2 connected 6-9
            27c3 127.0.0.1:3@4 slave,fail 07c3 0 1 2 disconnected
            37c3 127.0.0.1:4@5 master,fail? - 0 1 2 connected
            47c3 127.0.0.1:5@6 slave 07c3 0 1 2 disconnected
            57c3 :0@0 master,noaddr - 0 1 2 disconnected
            """
        #expect(ClusterNodes.healthyCount(text) == 2)
    }
}
