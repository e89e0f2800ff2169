// Holds the rights that docs/redis.md lists to what is needed: without any one of them, somebody
// is told which it is.

import Foundation
import Locks
import NIOCore
import NIOPosix
import Testing

@testable import RedisClient

@Suite(.realServers) struct AccessTests {
    /// What one server with database 0 is never asked; the greeting's and the cluster's tests do.
    private static let elsewhere: Set<String> = [
        "select", "sunsubscribe", "cluster|slots", "cluster|nodes", "cluster|info", "asking",
        "readonly", "role",
    ]
    /// Where these are denied, the refusal is the sign of life, and nobody knows how far a walk is.
    private static let spared: Set<String> = ["ping", "dbsize"]

    /// The user's rules as the page has them.
    private static func documented() throws -> [String] {
        let project = URL(filePath: #filePath).appending(path: "../../../..").standardized
        let page = try String(contentsOf: project.appending(path: "docs/redis.md"), encoding: .utf8)
        let text = try #require(
            page.firstRange(of: "<!-- acl: begin -->").map { page[$0.upperBound...] })
        let end = try #require(text.firstRange(of: "<!-- acl: end -->"))
        return text[..<end.lowerBound].replacing("PASSWORD", with: "secret")
            .split(whereSeparator: \.isWhitespace).dropFirst(2).map(String.init)
    }

    @Test("without any command of the list somebody is told its name, at the start or at once")
    func oneAtATime() async throws {
        let rules = try Self.documented()
        let commands = rules.filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) }
        #expect(commands.count > 25 && Self.elsewhere.union(Self.spared).isSubset(of: commands))
        try await TestStore.with { owner in
            #expect(try await complaint(owner, rules) == nil)
            for command in commands where !Self.elsewhere.contains(command) {
                let rest = rules.filter { $0 != "+\(command)" }
                let complaint = try await complaint(owner, rest)?.lowercased()
                if Self.spared.contains(command) {
                    #expect(complaint == nil, "\(command)")
                } else {
                    #expect(complaint?.contains(command) == true, "\(command): \(complaint as Any)")
                    #expect(
                        complaint?.contains("acl") == true || complaint?.contains("docs") == true)
                }
            }
        }
    }

    /// What a new instance with these rights is told first; nil: nothing, all works.
    private func complaint(_ owner: TestStore, _ rules: [String]) async throws -> String? {
        let server = owner.server
        try server.cli(["acl", "setuser", "cache", "reset"] + rules)
        try server.cli("del", "cm:deployment")
        var configuration = RedisConfiguration(
            topology: .shards([RedisShardConfiguration(name: "s0", address: server.address)]))
        configuration.credentials = RedisCredentials(username: "cache", password: "secret")
        let guest = try Guest(configuration)
        do {
            let complaint = try await guest.complaint(owner)
            await guest.end()
            return complaint
        } catch {
            await guest.end()
            throw error
        }
    }

    /// An instance: a pool, what is stored on it, and its feed.
    private final class Guest: Sendable {
        private final class Heard: Sendable {
            let pool = Locked<[RedisPoolEvent]>([])
            let feed = Locked<[RedisFeedEvent]>([])

            var refusal: String? {
                for case .accessRefused(_, let error) in pool.withLock({ $0 }) {
                    return error.description
                }
                for case .refused(_, let error) in feed.withLock({ $0 }) {
                    return error.description
                }
                return nil
            }

            var lives: Int {
                feed.withLock { $0.count { if case .live = $0 { true } else { false } } }
            }
        }

        private let heard = Heard()
        private let pool: RedisPool
        private let store: SharedStore
        private let feed: RedisFeed
        private let witness = FeedWitness()

        init(_ configuration: RedisConfiguration) throws {
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let heard = heard
            pool = try RedisPool(configuration, loops: [loop]) { event in
                heard.pool.withLock { $0.append(event) }
            }
            store = SharedStore(
                pool: pool, prefix: "cm:", history: 100, maxEntryBytes: 1 << 20, seed: 1)
            feed = RedisFeed(
                pool: pool, store: store, poolIndex: 0, ringEvents: 16, loops: [loop],
                delegate: witness, report: { event in heard.feed.withLock { $0.append(event) } },
                now: { TestStore.now })
        }

        func end() async {
            await feed.shutdown()
            await pool.shutdown()
        }

        func complaint(_ owner: TestStore) async throws -> String? {
            pool.start()
            try await eventually { !self.heard.pool.withLock { $0.isEmpty } }
            if let refusal = heard.refusal { return refusal }
            let id = try #require(pool.shards.first).id
            do {
                try await store.prepare(id, on: pool[loop: 0], deadline: .now() + .seconds(20))
            } catch {
                return error.description
            }
            try await owner.set("before")
            feed.start()
            try await eventually { self.heard.refusal != nil || self.heard.lives == 1 }
            // What it misses now it has to read.
            try owner.server.cli("client", "kill", "type", "pubsub")
            for _ in 0..<3 { try await owner.set("missed") }
            try await eventually { self.heard.refusal != nil || self.heard.lives == 2 }
            if let refusal = heard.refusal { return refusal }
            _ = try await store.removeAll(
                .everything, on: pool[loop: 0], deadline: .now() + .seconds(20))
            #expect(witness.violations == [])
            return nil
        }
    }
}
