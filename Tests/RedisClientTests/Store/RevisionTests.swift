// Revisions, the log and the messages: they agree with each other and with the entries.

import CacheEngine
import Invalidation
import NIOCore
import Testing

@testable import RedisClient

/// One event as the log or a message tells it.
struct SeenEvent: Hashable {
    var revision: UInt64
    var body: [UInt8]

    var kind: UInt8 { body[1] }

    /// The target: what follows head, writer and cause.
    var target: String {
        let cause = Int(body[4]) | Int(body[5]) << 8
        return String(
            decoding: body[(EventBody.headByteCount + Int(body[3]) + cause)...], as: UTF8.self)
    }
}

extension TestStore {
    /// The log of the key's partition.
    func log(of key: String) async throws -> [SeenEvent] {
        guard case .array(let items) = try await command("XRANGE", name(.log, of: key), "-", "+")
        else { return [] }
        return try items.map { item in
            guard case .array(let parts) = item, parts.count == 2, let id = parts[0].string,
                case .array(let fields) = parts[1], fields.count == 2,
                fields[0].string == "b", case .blob(let body) = fields[1], id.hasSuffix("-0"),
                let revision = UInt64(id.dropLast(2))
            else { throw RedisServerFailure("the log holds something else: \(item)") }
            return SeenEvent(revision: revision, body: Array(body.readableBytesView))
        }
    }

    func epoch(of key: String) async throws -> RESPValue {
        try await command("HGET", name(.revision, of: key), "epoch")
    }

    func revision(of key: String) async throws -> String? {
        try await command("HGET", name(.revision, of: key), "rev").string
    }
}

@Suite(.realServers) struct RevisionTests {
    @Test func versionsAreContiguousUnderConcurrentWriters() async throws {
        try await TestStore.with { test in
            let (writers, changes) = (4, 200)
            let versions = try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        var versions: [UInt64] = []
                        for change in 0..<changes {
                            switch (writer + change) % 3 {
                            case 0: versions.append(try await test.version("k"))
                            case 1: versions.append(try await test.delete("k").version)
                            default: versions.append(try await test.invalidate("k").version)
                            }
                        }
                        // What a writer is told only grows.
                        #expect(versions == versions.sorted())
                        return versions
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let sorted = versions.sorted()
            let first = try #require(sorted.first)
            #expect(sorted == Array(first..<first + UInt64(writers * changes)))
            #expect(try await test.log(of: "k").map(\.revision) == sorted)
            #expect(try await test.revision(of: "k") == String(sorted[sorted.count - 1]))
        }
    }

    @Test func entryLogAndMessageAgree() async throws {
        try await TestStore.with { test in
            let listener = try await TestConnection(to: test.server.address)
            let channel = test.name(.events, of: "k")
            _ = try await listener.subscribe([channel])
            let set = try await test.version("k")
            let touched = try #require(try await test.touch("k", ttl: .seconds(9)))
            #expect(try await test.get("k")?.version == touched.version)
            let invalidated = try await test.invalidate("k", cause: "because")
            let deleted = try await test.delete("k")
            let versions = [set, touched.version, invalidated.version, deleted.version]

            let log = try await test.log(of: "k")
            #expect(log.map(\.revision) == versions)
            #expect(
                log.map(\.kind)
                    == [InvalidationKind.set, .touch, .invalidate, .delete].map(\.rawValue))
            #expect(log.allSatisfy { $0.target == "k" })
            // The whole of two bodies, byte by byte.
            #expect(log[0].body == [1, 1, 0, 6, 0, 0] + Array("testerk".utf8))
            #expect(log[2].body == [1, 5, 0, 0, 7, 0] + Array("becausek".utf8))

            try await eventually { listener.pushed.count >= versions.count }
            guard case .blob(let epoch) = try await test.epoch(of: "k") else {
                throw RedisServerFailure("the epoch is missing")
            }
            for (push, event) in zip(listener.pushed, log) {
                guard case .blob(var message)? = push.last else {
                    throw RedisServerFailure("a message without bytes: \(push)")
                }
                #expect(push[1].string == channel)
                #expect(message.readSlice(length: 8) == epoch)
                #expect(message.readInteger(endianness: .little) == event.revision)
                #expect(Array(message.readableBytesView) == event.body)
            }
            try await listener.close()
        }
    }

    @Test func anAnnouncementSaysWhatItNames() async throws {
        try await TestStore.with { test in
            let tag = Borrowed(Array("a tag".utf8))
            defer { tag.end() }
            let glob = try Glob("user:*")
            let targets: [(InvalidationTarget, String, UInt8)] = [
                (.pattern(glob), "user:*", 1), (.tag(tag.bytes), "a tag", 2), (.everything, "", 3),
            ]
            for (target, name, kind) in targets {
                let told = try await test.store.announce(
                    target, kind: .invalidate, test.change(), on: test.router,
                    deadline: test.deadline)
                let event = try #require(try await test.log(of: name).last)
                #expect(event.revision == told.revision)
                #expect(event.body[2] == kind)
                #expect(event.target == name)
            }
        }
    }

    @Test func theLogKeepsAboutItsLength() async throws {
        try await TestStore.with(history: 200) { test in
            for _ in 0..<1_000 { try await test.set("k") }
            let log = try await test.log(of: "k")
            let last = try await test.get("k")?.version
            // Redis trims whole nodes, of 100 events by default.
            #expect((200...300).contains(log.count))
            #expect(log.last?.revision == last)
        }
    }

    @Test func revisionsBeginAtTheClock() async throws {
        try await TestStore.with { test in
            let version = try await test.version("k")
            #expect(version == TestStore.now.milliseconds)
        }
    }
}
