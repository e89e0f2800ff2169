// What is sent when, step by step and without a clock.

import CacheEngine
import RedisClient
import Testing

@testable import CacheService

@Suite struct WriteBehindStateMachineTests {
    private typealias Machine = WriteBehindStateMachine
    private let start = Timestamp(nanoseconds: 1_000_000_000)
    private let outage = RedisError(.connectionLost, "gone", shard: "a")
    private let refusal = RedisError(.outOfMemory, "full", shard: "a")

    private func machine(
        workers: Int = 1, _ change: (inout WriteBehindLimits) -> Void = { _ in }
    ) -> Machine {
        var limits = WriteBehindLimits()
        change(&limits)
        return Machine(limits, workers: workers)
    }

    private func pending(_ machine: Machine, _ key: String, at now: Timestamp) -> String?? {
        machine.pending(Array(key.utf8), now: now).map(\.text)
    }

    @Test("of a key's writes the last one wins, and it keeps the place of the first")
    func lastWins() throws {
        var machine = machine()
        #expect(machine.enqueue(.set("a", "1"), now: start) == (true, 0))
        #expect(machine.enqueue(.set("b", "1"), now: start) == (true, nil))
        #expect(machine.enqueue(.set("a", "2"), now: start) == (true, nil))
        #expect(machine.count == 2)
        #expect(pending(machine, "a", at: start) == "2")
        let flights = machine.turn(of: 0, now: start).flights
        #expect(flights.map(\.write.text) == ["2", "1"])
        for flight in flights { _ = machine.succeeded(flight) }
        #expect(machine.count == 0 && machine.bytes == 0)
        #expect(pending(machine, "a", at: start) == nil)
        #expect(machine.statistics(now: start).flushed == 2)
    }

    @Test("two writes of a key are never under way together, and readers see the newer one")
    func oneAtATime() {
        var machine = machine()
        _ = machine.enqueue(.set("a", "1"), now: start)
        let first = machine.turn(of: 0, now: start).flights
        #expect(machine.enqueue(.remove("a"), now: start) == (true, nil))
        #expect(machine.turn(of: 0, now: start).flights.isEmpty)
        #expect(pending(machine, "a", at: start) == .some(nil))
        #expect(machine.succeeded(first[0]).wakes == 0)
        let second = machine.turn(of: 0, now: start).flights
        #expect(second.map(\.write.text) == [nil])
        _ = machine.succeeded(second[0])
        #expect(machine.count == 0)
    }

    @Test("a full queue takes no more, but what makes it smaller")
    func full() {
        let cost = PendingWrite.set("a", "12345678").costBytes
        var machine = machine { $0.maxBytes = 2 * cost }
        #expect(machine.enqueue(.set("a", "12345678"), now: start).isTaken)
        #expect(machine.enqueue(.set("b", "12345678"), now: start).isTaken)
        #expect(!machine.enqueue(.set("c", "12345678"), now: start).isTaken)
        #expect(machine.enqueue(.set("a", "87654321"), now: start).isTaken)
        #expect(!machine.enqueue(.set("a", String(repeating: "x", count: 99)), now: start).isTaken)
        #expect(pending(machine, "a", at: start) == "87654321")
        #expect(machine.enqueue(.remove("b"), now: start).isTaken)
        #expect(machine.bytes <= 2 * cost)
        var small = self.machine { $0.maxEntries = 1 }
        #expect(small.enqueue(.set("a", "1"), now: start).isTaken)
        #expect(!small.enqueue(.set("b", "1"), now: start).isTaken)
        #expect(small.enqueue(.set("a", "2"), now: start).isTaken)
    }

    @Test("a partition's failure makes it pause, longer each time, and then try one write")
    func pauses() throws {
        var machine = machine { $0.jitter = 0 }
        for number in 0..<5 { _ = machine.enqueue(.set("k\(number)", "v"), now: start) }
        let first = machine.turn(of: 0, now: start)
        #expect(first.flights.count == 5 && first.timer == nil)
        // They began together: it is one failure.
        for flight in first.flights {
            _ = machine.failed(flight, outage, now: start, random: 0)
        }
        var now = start
        for pause in [50, 100, 200, 400, 800, 1_600, 2_000, 2_000] {
            let turn = machine.turn(of: 0, now: now)
            #expect(turn.flights.isEmpty)
            #expect(turn.timer == now + .milliseconds(pause))
            now = try #require(turn.timer)
            let probe = machine.turn(of: 0, now: now)
            #expect(probe.flights.count == 1)
            _ = machine.failed(probe.flights[0], outage, now: now, random: 0)
        }
        now = now + .seconds(2)
        let probe = machine.turn(of: 0, now: now).flights
        #expect(probe.count == 1)
        #expect(machine.succeeded(probe[0]).wakes == 0)
        #expect(machine.turn(of: 0, now: now).flights.count == 4)
        #expect(machine.statistics(now: now).failed == 5 + 8)
    }

    @Test("jitter makes a pause shorter by up to its share")
    func jitter() {
        for (random, pause) in [(0.0, 50), (0.5, 37), (1.0, 25)] {
            var machine = machine()
            _ = machine.enqueue(.set("a", "1"), now: start)
            let flights = machine.turn(of: 0, now: start).flights
            _ = machine.failed(flights[0], outage, now: start, random: random)
            let timer = machine.turn(of: 0, now: start).timer
            #expect(timer.map { ($0 - start) / .milliseconds(1) }.map { Int($0) } == pause)
        }
    }

    @Test("one partition's failure holds no other one up")
    func isolation() {
        var machine = machine(workers: 2)
        _ = machine.enqueue(.set("a", "1", partition: 0), now: start)
        _ = machine.enqueue(.set("b", "1", partition: 2), now: start)
        let flights = machine.turn(of: 0, now: start).flights
        _ = machine.failed(flights[0], outage, now: start, random: 0)
        _ = machine.succeeded(flights[1])
        #expect(machine.enqueue(.set("c", "1", partition: 2), now: start).isTaken)
        #expect(machine.turn(of: 0, now: start).flights.map(\.write.key) == [Array("c".utf8)])
        #expect(machine.enqueue(.set("d", "1", partition: 1), now: start) == (true, 1))
        #expect(machine.turn(of: 1, now: start).flights.count == 1)
    }

    @Test("a failed write is not repeated when a newer one of its key has come")
    func superseded() {
        var machine = machine()
        _ = machine.enqueue(.set("a", "1"), now: start)
        let first = machine.turn(of: 0, now: start).flights
        _ = machine.enqueue(.set("a", "2"), now: start + .seconds(1))
        _ = machine.failed(first[0], outage, now: start + .seconds(1), random: 0)
        #expect(machine.bytes == PendingWrite.set("a", "2").costBytes)
        #expect(machine.statistics(now: start + .seconds(3)).oldestAge == .seconds(3))
        let second = machine.turn(of: 0, now: start + .seconds(3)).flights
        #expect(second.map(\.write.text) == ["2"])
    }

    @Test("a value whose time is up is read as a miss, and sent as a removal")
    func expiry() {
        var machine = machine()
        _ = machine.enqueue(.set("a", "1", expiresAt: start + .seconds(1)), now: start)
        #expect(pending(machine, "a", at: start) == "1")
        let late = start + .seconds(1)
        #expect(pending(machine, "a", at: late) == .some(nil))
        let flights = machine.turn(of: 0, now: late).flights
        #expect(flights.map(\.write.text) == [nil])
        _ = machine.failed(flights[0], outage, now: late, random: 0)
        let again = machine.turn(of: 0, now: late + .seconds(1)).flights
        _ = machine.succeeded(again[0])
        #expect(machine.statistics(now: late).dropped == 1)
        #expect(machine.bytes == 0)
    }

    @Test("an invalidation of many turns pending values into removals, under way or not")
    func removeAll() {
        var machine = machine()
        _ = machine.enqueue(.set("a", "1", tags: ["red"]), now: start)
        let flight = machine.turn(of: 0, now: start).flights[0]
        _ = machine.enqueue(.set("b", "1", tags: ["red"]), now: start)
        _ = machine.enqueue(.set("c", "1"), now: start)
        _ = machine.enqueue(.remove("d"), now: start)
        let removed = machine.removeAll(by: Array("w".utf8), now: start) { $0.tagCount == 1 }
        #expect(removed == 2)
        #expect(pending(machine, "a", at: start) == .some(nil))
        #expect(pending(machine, "b", at: start) == .some(nil))
        #expect(pending(machine, "c", at: start) == "1")
        _ = machine.succeeded(flight)
        let flights = machine.turn(of: 0, now: start).flights
        #expect(
            Set(flights.map { String(decoding: $0.write.key, as: UTF8.self) })
                == ["a", "b", "c", "d"])
        #expect(flights.first { $0.write.key == Array("a".utf8) }?.write.text == .some(nil))
        for flight in flights { _ = machine.succeeded(flight) }
        #expect(machine.bytes == 0)
    }

    @Test("a trouble is told when the first partition gets into it and the last one out of it")
    func reports() {
        var machine = machine()
        for partition in 0..<3 {
            _ = machine.enqueue(.set("k\(partition)", "v", partition: partition), now: start)
        }
        let flights = machine.turn(of: 0, now: start).flights
        let down = WriteBehindTrouble(outage)
        let reports = flights.map { machine.failed($0, outage, now: start, random: 0).reports }
        #expect(reports == [[.stalled(down, outage)], [], []])
        let late = start + .seconds(1)
        let again = machine.turn(of: 0, now: late).flights
        #expect(machine.succeeded(again[0]).reports.isEmpty)
        let full = WriteBehindTrouble(refusal)
        #expect(
            machine.failed(again[1], refusal, now: late, random: 0).reports
                == [.stalled(full, refusal)])
        #expect(machine.succeeded(again[2]).reports == [.recovered(down)])
        let last = machine.turn(of: 0, now: late + .seconds(1)).flights
        #expect(machine.succeeded(last[0]).reports == [.recovered(full)])
        #expect(machine.troubles.isEmpty)
    }

    @Test("a drain takes no more writes, and ends the pauses")
    func drain() {
        var machine = machine()
        _ = machine.enqueue(.set("a", "1"), now: start)
        let flights = machine.turn(of: 0, now: start).flights
        _ = machine.failed(flights[0], outage, now: start, random: 0)
        #expect(machine.turn(of: 0, now: start).flights.isEmpty)
        #expect(machine.drain() == [0])
        #expect(!machine.enqueue(.set("b", "1"), now: start).isTaken)
        let probe = machine.turn(of: 0, now: start).flights
        #expect(probe.count == 1)
        _ = machine.failed(probe[0], outage, now: start, random: 0)
        #expect(machine.turn(of: 0, now: start).flights.isEmpty)
        let again = machine.turn(of: 0, now: start + .milliseconds(50)).flights
        #expect(again.count == 1)
        _ = machine.failed(again[0], outage, now: start, random: 0)
        machine.close()
        #expect(machine.turn(of: 0, now: start + .seconds(1)).flights.isEmpty)
        #expect(machine.count == 1)
    }

    @Test("what fails late, after another write went through, is tried again at once")
    func lateFailure() {
        var machine = machine()
        for key in ["a", "b", "c"] { _ = machine.enqueue(.set(key, "1"), now: start) }
        let flights = machine.turn(of: 0, now: start).flights
        _ = machine.failed(flights[0], outage, now: start, random: 0)
        _ = machine.turn(of: 0, now: start)
        #expect(machine.succeeded(flights[1]).wakes == 0)
        #expect(machine.turn(of: 0, now: start).flights.count == 1)
        #expect(machine.failed(flights[2], outage, now: start, random: 0).wakes == 0)
        #expect(machine.turn(of: 0, now: start).flights.map(\.write.key) == [Array("c".utf8)])
    }

    @Test("a turn begins no more than it may, and asks for another one")
    func turnBound() {
        var machine = machine {
            $0.flightsPerTurn = 3
            $0.flightsPerPartition = 2
        }
        for number in 0..<8 {
            _ = machine.enqueue(.set("k\(number)", "v", partition: number % 2), now: start)
        }
        let first = machine.turn(of: 0, now: start)
        #expect(first.flights.count == 3 && first.isCutShort)
        let second = machine.turn(of: 0, now: start)
        #expect(second.flights.count == 1 && !second.isCutShort)
        #expect(machine.turn(of: 0, now: start).flights.isEmpty)
        #expect(machine.succeeded(first.flights[0]).wakes == 0)
        #expect(machine.turn(of: 0, now: start).flights.count == 1)
    }
}
