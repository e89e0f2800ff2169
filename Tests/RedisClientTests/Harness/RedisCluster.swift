// A real Redis Cluster on free ports, which never outlives its test.

import Foundation

@testable import RedisClient

/// Masters and their replicas, made with `redis-cli --cluster create`.
final class RedisCluster: Sendable {
    /// All nodes; which of them are masters changes.
    let nodes: [RedisServer]

    /// Starts a cluster and waits until every node says that it is well and knows the others.
    init(masters: Int = 3, replicas: Int = 1, nodeTimeoutMilliseconds: Int = 1_500) async throws {
        let lines = [
            "cluster-enabled yes", "cluster-node-timeout \(nodeTimeoutMilliseconds)",
            "cluster-replica-validity-factor 0", "appendonly no", "repl-diskless-sync-delay 0",
        ]
        nodes = try (0..<masters * (1 + replicas)).map { _ in try Self.node(lines) }
        try RedisCommandLine.run(
            ["--cluster", "create"] + nodes.map { "127.0.0.1:\($0.port)" }
                + ["--cluster-replicas", "\(replicas)", "--cluster-yes"])
        try await waitUntilWell(masters: masters, replicas: replicas)
    }

    deinit { stop() }

    /// Where a client may begin.
    var seeds: [RedisAddress] { nodes.map(\.address) }

    /// Ends all nodes.
    func stop() { nodes.forEach { $0.stop() } }

    /// The node that is the master of a partition, as a node that lives says.
    func master(of partition: Int) throws -> RedisServer {
        let slot = ClusterSlot.ofPartition[partition]
        for node in nodes {
            for line in try node.cli("cluster", "nodes").split(separator: "\n") {
                let fields = line.split(separator: " ")
                guard fields.count > 8, fields[2].contains("master"), !fields[2].contains("fail"),
                    fields[8...].contains(where: { Self.range($0)?.contains(slot) == true })
                else { continue }
                let port = fields[1].split(separator: "@")[0].split(separator: ":").last
                if let found = nodes.first(where: { "\($0.port)" == port ?? "" }) { return found }
            }
        }
        throw RedisServerFailure("nobody is the master of slot \(slot)")
    }

    /// The id of a node.
    func id(of node: RedisServer) throws -> String { try node.cli("cluster", "myid") }

    /// Moves slots with redis-cli, while everything goes on.
    func reshard(_ slots: Int, from: RedisServer, to: RedisServer) throws {
        try RedisCommandLine.run([
            "--cluster", "reshard", "127.0.0.1:\(from.port)", "--cluster-from", id(of: from),
            "--cluster-to", id(of: to), "--cluster-slots", "\(slots)", "--cluster-yes",
        ])
    }

    private func waitUntilWell(masters: Int, replicas: Int) async throws {
        for node in nodes {
            try await eventually {
                let info = try node.cli("cluster", "info")
                let slots = try node.cli("cluster", "slots")
                let isMaster = try node.cli("role").hasPrefix("master")
                let ports = nodes.count { slots.contains("\($0.port)") }
                let link = try node.cli("info", "replication")
                return info.contains("cluster_state:ok") && ports == nodes.count
                    && (isMaster || link.contains("master_link_status:up"))
            }
        }
    }

    private static func node(_ lines: [String]) throws -> RedisServer {
        let bus = try RedisServer.freePort()
        return try RedisServer(lines + ["cluster-port \(bus)"])
    }

    private static func range(_ text: Substring) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, let last = ends.last, first <= last else { return nil }
        return first...last
    }
}
