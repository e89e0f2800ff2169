// Checks that each transition of pools, feeds and pending writes is one line that says what to do.

import Logging
import NIOCore
import RedisClient
import Testing

@testable import ServerApp

@Suite("Log lines of the second level")
struct PoolJournalTests {
    private let shard = RedisShardID("a")
    private let foreign = RedisError(.incompatible, "other constants")
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
            .incompatible(shard, foreign), .breaker(shard, .open, before: .closed),
            .breaker(shard, .closed, before: .halfOpen),
            .masterChanged(shard, from: old, to: new),
            .topologyChanged(shards: 3, partitionsMoved: 7), .discoveryFailed(failure),
            .discoveryFailed(foreign),
        ]
        let lines = try lines { logger in
            let journal = PoolJournal(pool: "hot", logger: logger)
            for event in events { journal.note(event) }
            journal.unchecked(shard, failure)
        }
        #expect(lines.count == events.count + 1)
        #expect(lines.allSatisfy { $0.contains(" pool=hot") })
        #expect(
            lines[0] == #"level=info event="redis shard connected" address=h:1 pool=hot shard=a"#)
        #expect(lines[1].hasPrefix(#"level=warning event="redis shard lost" hint=""#))
        #expect(lines[1].contains(#"reason="the connection ended""#))
        #expect(lines[2].hasPrefix("level=error"))
        let notOurs = #"level=error event="redis shard is not of this deployment""#
        #expect(lines[3].hasPrefix(notOurs) && lines[3].contains("shard=a"))
        #expect(lines[4].hasPrefix("level=warning") && lines[4].contains("state=open"))
        #expect(lines[5].hasPrefix("level=info") && lines[5].contains("state=closed"))
        #expect(lines[6].contains("from=h:1") && lines[6].contains("to=h:2"))
        #expect(lines[7].contains("partitions_moved=7 pool=hot shards=3"))
        #expect(!lines[7].contains("shard="))
        #expect(lines[8].hasPrefix("level=warning"))
        #expect(lines[9].hasPrefix(notOurs) && !lines[9].contains("shard="))
        #expect(lines[10].hasPrefix("level=warning"))
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

    @Test("foreign values are a line a minute, with how many there were since the last")
    func foreignValues() throws {
        let lines = try lines { logger in
            var journal = ForeignJournal(pool: "hot", logger: logger)
            for second in 0..<130 {
                let now = NIODeadline.uptimeNanoseconds(0) + .seconds(Int64(second))
                journal.note(["type": second, "magic": second], now: now)
            }
            let later = NIODeadline.uptimeNanoseconds(0) + .hours(1)
            journal.note(["type": 121, "magic": 121], now: later)
        }
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.hasPrefix("level=warning") && $0.contains("pool=hot") })
        #expect(lines.allSatisfy { $0.contains("faults=magic,type") && $0.contains("hint=") })
        #expect(lines[0].contains("values=2") && lines[1].contains("values=120"))
        #expect(lines[2].contains("values=120"))
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
