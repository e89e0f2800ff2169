// Which rejected connections are logged, with the time passed in.

import Testing

@testable import ServerApp

@Suite struct RejectionJournalTests {
    private func journal(capacity: Int = 1_024) -> RejectionJournal {
        RejectionJournal(interval: .seconds(60), capacity: capacity)
    }

    @Test("A peer's first is said at once, the others of a minute with the next line")
    func onceAMinute() {
        var journal = journal()
        #expect(journal.note(peer: "1.1.1.1", now: .seconds(5))?.count == 1)
        for second in 6..<65 {
            #expect(journal.note(peer: "1.1.1.1", now: .seconds(second)) == nil)
        }
        let line = journal.note(peer: "1.1.1.1", now: .seconds(65))
        #expect(line?.count == 60 && line?.peer == "1.1.1.1")
        #expect(journal.note(peer: "1.1.1.1", now: .seconds(66)) == nil)
    }

    @Test("Peers are told apart")
    func peers() {
        var journal = journal()
        #expect(journal.note(peer: "1.1.1.1", now: .zero) != nil)
        #expect(journal.note(peer: "1.1.1.2", now: .zero) != nil)
        #expect(journal.note(peer: "1.1.1.1", now: .zero) == nil)
    }

    @Test("Peers beyond the table share a line a minute, and get into it when there is room")
    func collective() throws {
        var journal = journal(capacity: 2)
        _ = journal.note(peer: "1", now: .zero)
        _ = journal.note(peer: "2", now: .zero)
        _ = journal.note(peer: "2", now: .zero)
        let noted = journal.note(peer: "3", now: .zero)
        let first = try #require(noted)
        #expect(first.peer == nil && first.count == 1)
        for peer in 4..<10_000 {
            #expect(journal.note(peer: "\(peer)", now: .seconds(1)) == nil)
        }
        // The table has forgotten the peers that were silent, and what was not said of them
        // counts with the others.
        #expect(journal.note(peer: "3", now: .seconds(60))?.peer == "3")
        #expect(journal.note(peer: "4", now: .seconds(60))?.peer == "4")
        let notedNext = journal.note(peer: "5", now: .seconds(60))
        let next = try #require(notedNext)
        #expect(next.peer == nil && next.count == 9_996 + 1 + 1)
    }
}
