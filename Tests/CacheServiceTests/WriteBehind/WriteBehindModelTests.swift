// Random lives of the queue against the naive history of every key.

import CacheEngine
import RedisClient
import Testing

@testable import CacheService

/// A machine, the shared level behind it, and what both should say.
private struct Life {
    struct Key {
        /// What was acknowledged last; nil: it was removed.
        var acknowledged: String?
        /// What the shared level holds, and until when.
        var stored: (value: String, until: Timestamp)?
        var expiresAt = Timestamp.never
        var inFlight = 0
        var lastTicket: UInt64 = 0
    }

    static let keys = 40
    static let partitions = 7
    static let workers = 3
    var limits = WriteBehindLimits()
    var machine: WriteBehindStateMachine
    var random: SeededGenerator
    var now = Timestamp(nanoseconds: 1_000_000_000)
    var keys = [Key](repeating: Key(), count: Self.keys)
    var flights: [WriteBehindStateMachine.Flight] = []
    var refused = 0

    init(seed: UInt64) {
        limits.maxBytes = 9_000
        limits.flightsPerPartition = 3
        limits.flightsPerTurn = 5
        machine = WriteBehindStateMachine(limits, workers: Self.workers)
        random = SeededGenerator(state: seed)
    }

    static func name(_ index: Int) -> String { "key:\(index)" }

    static func index(_ key: [UInt8]) -> Int {
        Int(String(decoding: key.dropFirst(4), as: UTF8.self)) ?? -1
    }

    mutating func chance(_ percent: Int) -> Bool {
        Int.random(in: 0..<100, using: &random) < percent
    }

    mutating func write(_ step: Int) {
        let index = Int.random(in: 0..<Self.keys, using: &random)
        let partition = index % Self.partitions
        let until =
            chance(30) ? now + .milliseconds(Int64.random(in: 1...500, using: &random)) : .never
        let value = "\(step)" + String(repeating: "v", count: step % 90)
        let write: PendingWrite =
            chance(20)
            ? .remove(Self.name(index), partition: partition)
            : .set(Self.name(index), value, partition: partition, expiresAt: until)
        guard machine.enqueue(write, now: now).isTaken else { return refused += 1 }
        keys[index].acknowledged = write.text
        keys[index].expiresAt = write.text == nil ? .never : until
    }

    mutating func invalidate() {
        let last = Character("\(Int.random(in: 0..<10, using: &random))")
        _ = machine.removeAll(by: [], now: now) { entry in
            String(decoding: entry.key, as: UTF8.self).last == last
        }
        for index in keys.indices where Self.name(index).last == last {
            if machine.slots[Array(Self.name(index).utf8)] != nil { keys[index].acknowledged = nil }
        }
    }

    mutating func takeTurn(of worker: Int) {
        for flight in machine.turn(of: worker, now: now).flights {
            let index = Self.index(flight.write.key)
            keys[index].inFlight += 1
            #expect(keys[index].inFlight == 1, "two writes of a key are under way")
            #expect(flight.ticket >= keys[index].lastTicket, "an older write came after a newer")
            #expect(flight.write.partition % Self.workers == worker)
            keys[index].lastTicket = flight.ticket
            flights.append(flight)
        }
        for partition in 0..<Self.partitions {
            let count = flights.count { $0.write.partition == partition }
            #expect(count <= limits.flightsPerPartition)
        }
    }

    mutating func land(failing: Bool) {
        guard !flights.isEmpty else { return }
        let flight = flights.remove(at: Int.random(in: 0..<flights.count, using: &random))
        let index = Self.index(flight.write.key)
        keys[index].inFlight -= 1
        // A write that failed may have been executed all the same.
        if !failing || chance(50) {
            keys[index].stored = flight.write.text.map {
                ($0, flight.write.expiresAt ?? .never)
            }
        }
        if failing {
            let code: RedisError.Code = chance(50) ? .timedOut : .server
            let random = Double.random(in: 0...1, using: &random)
            _ = machine.failed(flight, RedisError(code, "no"), now: now, random: random)
        } else {
            _ = machine.succeeded(flight)
        }
    }

    /// What a reader gets: what is pending, and where nothing is, what the shared level has.
    func read(_ index: Int) -> String? {
        if let change = machine.pending(Array(Self.name(index).utf8), now: now) {
            return change.text
        }
        guard let stored = keys[index].stored, stored.until > now else { return nil }
        return stored.value
    }

    func check() {
        for index in keys.indices {
            let key = keys[index]
            let expected = key.expiresAt > now ? key.acknowledged : nil
            #expect(read(index) == expected, "\(Self.name(index))")
        }
        let cost = machine.slots.values.reduce(0) {
            $0 + ($1.waiting?.write.costBytes ?? 0) + ($1.flying?.write.costBytes ?? 0)
        }
        #expect(machine.bytes == cost)
        let beginnings = machine.slots.values.flatMap {
            [$0.waiting, $0.flying].compactMap { $0?.beginning.time }
        }
        var copy = machine
        #expect(copy.statistics(now: now).oldestAge == beginnings.min().map { now - $0 })
        let ready = machine.lanes.map(\.ready.count).reduce(0, +)
        #expect(ready == machine.slots.values.count { $0.flying == nil })
    }
}

@Suite struct WriteBehindModelTests {
    @Test(
        "whatever fails, readers see what was acknowledged, and in the end it is stored",
        arguments: 1...12)
    func model(seed: UInt64) {
        var life = Life(seed: seed)
        for step in 0..<4_000 {
            // Outages come and go.
            let failing = step / 200 % 3 == 1 ? life.chance(95) : life.chance(5)
            switch Int.random(in: 0..<100, using: &life.random) {
            case 0..<35: life.write(step)
            case 35..<60: life.takeTurn(of: step % Life.workers)
            case 60..<90: life.land(failing: failing)
            case 90..<91: life.invalidate()
            default:
                life.now = life.now + .milliseconds(Int64.random(in: 0...60, using: &life.random))
            }
            if step % 10 == 0 { life.check() }
        }
        #expect(life.refused > 0, "the bound was never reached")
        finish(&life)
        life.check()
        #expect(life.machine.bytes == 0)
        #expect(life.machine.troubles.isEmpty)
        let statistics = life.machine.statistics(now: life.now)
        #expect(statistics.flushed > 0 && statistics.failed > 0 && statistics.dropped > 0)
    }

    /// Everything goes through from here on.
    private func finish(_ life: inout Life) {
        var rounds = 0
        while life.machine.count > 0, rounds < 1_000 {
            rounds += 1
            life.now = life.now + .milliseconds(100)
            for worker in 0..<Life.workers { life.takeTurn(of: worker) }
            while !life.flights.isEmpty { life.land(failing: false) }
        }
        #expect(life.machine.count == 0)
    }
}
