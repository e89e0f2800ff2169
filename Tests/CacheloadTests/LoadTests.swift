// What a load is made of, without a server or a clock.

import ArgumentParser
import CacheManagerClient
import Testing

@testable import cacheload

@Suite struct ZipfTableTests {
    @Test("every draw is a rank, from the first to the last")
    func range() {
        let table = ZipfTable(count: 5, exponent: 0.99)
        #expect(table.rank(0) == 0)
        #expect(table.rank(0.999_999_999_999) == 4)
        #expect(ZipfTable(count: 1, exponent: 3).rank(0.5) == 0)
    }

    @Test("an exponent of 0 draws all alike, 1 draws in proportion to 1 / rank")
    func shares() {
        let even = ZipfTable(count: 4, exponent: 0)
        #expect([0.1, 0.3, 0.6, 0.9].map(even.rank) == [0, 1, 2, 3])
        let zipf = ZipfTable(count: 3, exponent: 1)  // shares 6/11, 3/11, 2/11
        #expect([0.54, 0.55, 0.81, 0.82].map(zipf.rank) == [0, 1, 1, 2])
    }
}

@Suite struct PacerTests {
    private let start = ContinuousClock.now

    @Test("an open loop keeps its times, however late it is asked")
    func open() {
        var pacer = Pacer(start: start, interval: .milliseconds(10))
        let late = start + .seconds(5)
        #expect(
            (0..<3).map { _ in pacer.next(now: late) - start } == [
                .zero, .milliseconds(10), .milliseconds(20),
            ])
        #expect(pacer.missed(before: start + .milliseconds(35)) == 1)
        #expect(pacer.missed(before: start + .milliseconds(30)) == 0)
        #expect(pacer.missed(before: start) == 0)
    }

    @Test("a closed loop sends at once and misses nothing")
    func closed() {
        var pacer = Pacer(start: start, interval: nil)
        #expect(pacer.next(now: start + .seconds(1)) == start + .seconds(1))
        #expect(pacer.missed(before: start + .seconds(100)) == 0)
    }

    @Test("the workers of a plan share its rate evenly")
    func plan() throws {
        let plan = try LoadOptions.parse(["--connections", "2", "--streams", "2", "--rate", "100"])
            .plan
        let times = (0..<4).flatMap { worker in
            var pacer = plan.pacer(worker: worker, start: start)
            return (0..<2).map { _ in (pacer.next(now: start) - start) / .milliseconds(1) }
        }
        #expect(times.map { $0.rounded() }.sorted() == [0, 10, 20, 30, 40, 50, 60, 70])
    }
}

@Suite struct LoadValueTests {
    @Test("a value follows from its key, and other keys have others")
    func derived() {
        #expect(LoadValue.make(7, bytes: 100) == LoadValue.make(7, bytes: 100))
        #expect(LoadValue.make(7, bytes: 100) != LoadValue.make(8, bytes: 100))
        #expect(LoadValue.make(7, bytes: 13) == Array(LoadValue.make(7, bytes: 100).prefix(13)))
        #expect(LoadValue.make(7, bytes: 0).isEmpty)
    }
}

@Suite struct TallyTests {
    @Test("each outcome is counted once, and only answered calls have a latency")
    func counts() {
        var tally = Tally()
        tally.count(.hit(isRight: true), took: .milliseconds(1))
        tally.count(.hit(isRight: false), took: .milliseconds(2))
        tally.count(.miss, took: .milliseconds(3))
        tally.count(.written(isStored: false), took: .milliseconds(4))
        tally.count(.failed(.deadlineExceeded), took: .seconds(100))
        tally.countUnsent(3)
        var sum = Tally()
        sum.add(tally)
        sum.add(tally)
        #expect(sum.answered == 8 && sum.failed == 2 && sum.reads == 6 && sum.writes == 2)
        #expect(sum.wrongValues == 2 && sum.notStored == 2 && sum.unsent == 6)
        let max = sum.maxLatency / .milliseconds(1)
        #expect(max > 3.99 && max < 4.01)
    }

    @Test("an empty tally has no latency, and the report of it is still a report")
    func empty() throws {
        let plan = try LoadOptions.parse([]).plan
        let report = LoadReport(plan: plan, elapsed: .zero, Tally())
        #expect(report.callsPerSecond == 0 && report.hitRate == 0)
        #expect(report.latencyNanoseconds.max == 0)
        #expect(report.text.contains("hit rate"))
    }
}

@Suite struct LoadOptionsTests {
    @Test(
        "what cannot be done is refused before anything is sent",
        arguments: [
            ["--connections", "0"], ["--streams", "1001"], ["--keys", "0"], ["--reads", "1.1"],
            ["--zipf", "-1"], ["--value-size", "-1"], ["--rate", "0"], ["--duration", "8d"],
            ["--rate", "nan"],
        ])
    func refused(_ arguments: [String]) {
        #expect(throws: (any Error).self) { try LoadOptions.parse(arguments) }
    }

    @Test("runs with other sizes of values do not meet each other's keys")
    func keys() throws {
        let small = try LoadOptions.parse(["--value-size", "10"]).plan
        let large = try LoadOptions.parse(["--value-size", "20"]).plan
        #expect(small.key(1) == "load:10:1" && large.key(1) == "load:20:1")
        #expect(small.entry(1).value == LoadValue.make(1, bytes: 10))
    }

    @Test("the example in the help is taken")
    func examples() throws {
        let lines = Cacheload.configuration.discussion.split(separator: "\n")
            .filter { $0.contains("$ cacheload") }
        #expect(!lines.isEmpty)
        for line in lines {
            let words = line.split(separator: " ").dropFirst(2).map(String.init)
            #expect(throws: Never.self) { _ = try Cacheload.parse(words) }
        }
    }
}
