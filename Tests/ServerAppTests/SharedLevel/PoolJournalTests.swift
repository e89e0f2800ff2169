// Checks that each transition of pools, feeds and pending writes is one line that says what to do.

import Logging
import RedisClient
import Testing

@testable import ServerApp

@Suite("Log lines of the second level")
struct PoolJournalTests {
    private let shard = RedisShardID("a")
    private let failure = RedisError(.connectionLost, "the connection ended", shard: "a")

    private func lines(_ body: (Logger) -> Void) throws -> [String] {
        let pipe = LogPipe()
        let output = LogOutput(format: .text, level: .info, descriptor: pipe.descriptor)
        body(output.logger(label: ""))
        return try pipe.lines().map { String($0.drop { $0 != " " }.dropFirst()) }
    }

    @Test("a pool's transitions name pool, shard, reason and hint")
    func pool() throws {
        let (old, new) = (
            RedisAddress.tcp(host: "h", port: 1), RedisAddress.tcp(host: "h", port: 2)
        )
        let events: [RedisPoolEvent] = [
            .connected(shard, old), .disconnected(shard, failure), .accessRefused(shard, failure),
            .breaker(shard, .open, before: .closed), .breaker(shard, .closed, before: .halfOpen),
            .masterChanged(shard, from: old, to: new),
            .topologyChanged(shards: 3, partitionsMoved: 7), .discoveryFailed(failure),
        ]
        let lines = try lines { logger in
            let journal = PoolJournal(pool: "hot", logger: logger)
            for event in events { journal.note(event) }
            journal.incompatible(shard, failure)
            journal.unchecked(shard, failure)
        }
        #expect(lines.count == events.count + 2)
        #expect(lines.allSatisfy { $0.contains(" pool=hot") })
        #expect(
            lines[0] == #"level=info event="redis shard connected" address=h:1 pool=hot shard=a"#)
        #expect(lines[1].hasPrefix(#"level=warning event="redis shard lost" hint=""#))
        #expect(lines[1].contains(#"reason="the connection ended""#))
        #expect(lines[2].hasPrefix("level=error"))
        #expect(lines[3].hasPrefix("level=warning") && lines[3].contains("state=open"))
        #expect(lines[4].hasPrefix("level=info") && lines[4].contains("state=closed"))
        #expect(lines[5].contains("from=h:1") && lines[5].contains("to=h:2"))
        #expect(lines[6].contains("partitions_moved=7 pool=hot shards=3"))
        #expect(!lines[6].contains("shard="))
        #expect(lines[8].hasPrefix("level=error") && lines[9].hasPrefix("level=warning"))
    }

    @Test("probes of a shard that stays away are no lines")
    func probes() throws {
        let lines = try lines { logger in
            let journal = PoolJournal(pool: "hot", logger: logger)
            for _ in 0..<3 {
                journal.note(.breaker(shard, .halfOpen, before: .open))
                journal.note(.breaker(shard, .open, before: .halfOpen))
            }
            journal.note(.breaker(shard, .closed, before: .halfOpen))
        }
        #expect(lines.count == 1)
    }

    @Test("a feed's transitions and resets are lines, too")
    func feed() throws {
        let lines = try lines { logger in
            let journal = FeedJournal(pool: "hot", logger: logger)
            journal.note(.live(shard))
            journal.note(.lost(shard, failure))
            journal.note(.refused(shard, failure))
            journal.resets(5)
        }
        #expect(
            lines.map { $0.prefix { $0 != " " } } == [
                "level=info", "level=warning", "level=error", "level=warning",
            ])
        #expect(lines[0] == #"level=info event="redis feed live" pool=hot shard=a"#)
        #expect(lines[3].contains("partitions=5"))
        #expect(lines[1...].allSatisfy { $0.contains("hint=") })
    }
}
