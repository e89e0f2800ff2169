// Tests which flights a table holds, and what walks in turns meet.

import Testing

@testable import CacheEngine

@Suite struct FlightTableTests {
    private static func flight(_ key: String, hash: UInt64) -> Flight {
        Flight(key: FlightKey(hash: hash, bytes: Array(key.utf8)))
    }

    /// Hashes that begin in few buckets, and spread as the table grows.
    private static func hash(_ number: Int) -> UInt64 { UInt64(number) << 24 }

    private func joinable(_ table: FlightTable, _ key: String, _ hash: UInt64) -> Flight? {
        key.withBytes { table.joinable($0, hash: hash) }
    }

    @Test("Keys of one bucket, and of one hash, are told apart")
    func collisions() {
        var table = FlightTable()
        let flights = ["a", "b", "c"].map { Self.flight($0, hash: 5) }
        let other = Self.flight("a", hash: 5 | 1 << 60)
        for flight in flights + [other] { table.add(flight) }
        #expect(joinable(table, "b", 5) === flights[1])
        #expect(joinable(table, "a", 5 | 1 << 60) === other)
        #expect(joinable(table, "d", 5) == nil && joinable(table, "bb", 5) == nil)
        table.remove(flights[1])
        table.remove(flights[1])
        #expect(table.count == 3 && !flights[1].isInTable)
        #expect(joinable(table, "b", 5) == nil)
        "a".withBytes { table.forget($0, hash: 5) }
        #expect(!flights[0].isInTable && other.isInTable && flights[2].isInTable)
    }

    @Test("Of several flights of a key each leaves alone, and a change throws out all")
    func sameKey() {
        var table = FlightTable()
        let flights = (0..<3).map { _ in Self.flight("k", hash: 9) }
        for flight in flights { table.add(flight) }
        table.remove(flights[1])
        #expect(flights.map(\.isInTable) == [true, false, true])
        "k".withBytes { table.raiseFloor($0, hash: 9, to: 7) }
        #expect(flights.map(\.floor) == [7, 0, 7] && joinable(table, "k", 9) == nil)
        "k".withBytes { table.forget($0, hash: 9) }
        #expect(table.count == 0 && flights.allSatisfy { !$0.isInTable })
    }

    @Test("It holds as many as it may, and finds each")
    func full() {
        var table = FlightTable()
        let flights = (0..<FlightTable.maxFlights).map {
            Self.flight("k\($0)", hash: Self.hash($0))
        }
        for flight in flights {
            #expect(!table.isFull)
            table.add(flight)
        }
        #expect(table.isFull)
        for (number, flight) in flights.enumerated() {
            #expect(joinable(table, "k\(number)", Self.hash(number)) === flight)
        }
        for flight in flights { table.remove(flight) }
        #expect(table.count == 0)
    }

    @Test("A walk in turns meets every flight that was there, while others come and go")
    func turns() {
        var table = FlightTable()
        var random = SeededGenerator(state: 3)
        let old = (0..<300).map { Self.flight("old\($0)", hash: random.next()) }
        for flight in old { table.add(flight) }
        var next: Int? = 0
        var turns = 0
        while let start = next {
            next = table.forget(from: start, width: 8) { $0.starts(with: "old".utf8) }
            turns += 1
            for _ in 0..<20 where !table.isFull {
                table.add(Self.flight("new", hash: random.next()))
            }
        }
        #expect(turns >= 300 / 8)
        #expect(old.allSatisfy { !$0.isInTable })
        #expect(table.count >= 20, "what does not match stays")
        table.forgetAll()
        #expect(table.count == 0)
    }
}
