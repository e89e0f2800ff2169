// A real master with replicas and three Sentinels on free ports, which never outlive their test.

import Foundation

@testable import RedisClient

/// A master, its replicas, and three Sentinels that watch it.
final class SentinelTrio: Sendable {
    /// The name that the Sentinels know the master by.
    static let masterName = "mymaster"

    /// The servers; the first begins as the master.
    let servers: [RedisServer]
    /// The Sentinels.
    let sentinels: [RedisServer]

    /// Starts everything and waits until the Sentinels know each other and the replicas.
    init(replicas: Int = 1, downAfterMilliseconds: Int = 1_000) async throws {
        let lines = ["repl-diskless-sync-delay 0", "appendonly no"]
        let master = try RedisServer(lines)
        servers =
            [master]
            + (try (0..<replicas).map { _ in
                try RedisServer(lines + ["replicaof 127.0.0.1 \(master.port)"])
            })
        sentinels = try (0..<3).map { _ in
            try RedisServer(
                [
                    "sentinel monitor \(Self.masterName) 127.0.0.1 \(master.port) 2",
                    "sentinel down-after-milliseconds \(Self.masterName) \(downAfterMilliseconds)",
                    "sentinel failover-timeout \(Self.masterName) 5000",
                ], arguments: ["--sentinel"])
        }
        for sentinel in sentinels {
            try await eventually {
                let state = try sentinel.cli("sentinel", "master", Self.masterName)
                    .split(separator: "\n", omittingEmptySubsequences: false)
                func value(_ name: String) -> Substring? {
                    state.firstIndex { $0 == name }.map { state[$0 + 1] }
                }
                return value("num-slaves") == "\(replicas)"
                    && value("num-other-sentinels") == "2" && value("flags") == "master"
            }
        }
    }

    deinit { stop() }

    /// Where a client may begin.
    var addresses: [RedisAddress] { sentinels.map(\.address) }

    /// Ends everything, the Sentinels first.
    func stop() { (sentinels + servers).forEach { $0.stop() } }
}
