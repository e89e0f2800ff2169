// What a partition's feed does about each thing it hears.

import Invalidation
import Testing

@testable import RedisClient

@Suite("The feed of a partition")
struct PartitionFeedStateMachineTests {
    /// One that is live at revision 10 of epoch 7.
    private func live(at revision: UInt64 = 10) -> PartitionFeedStateMachine {
        var machine = PartitionFeedStateMachine(maxLoaded: 0)
        machine.attach()
        _ = machine.adopted(FeedPlace(epoch: 7, revision: revision))
        return machine
    }

    private func hear(
        _ machine: inout PartitionFeedStateMachine, _ revision: UInt64, epoch: UInt64 = 7
    ) -> [String] {
        machine.received(sampleEvent(revision), epoch: epoch).words
    }

    @Test("begins with the newest events, page by page, and goes on with what came meanwhile")
    func beginning() {
        var machine = PartitionFeedStateMachine(maxLoaded: 600)
        machine.attach()
        #expect(hear(&machine, 1_000) == ["nothing"])
        #expect(
            machine.adopted(FeedPlace(epoch: 7, revision: 1_000)).words
                == ["load 500 up to 1000"])
        #expect(hear(&machine, 1_001) == ["nothing"])
        let page = machine.loaded(.init((501...1_000).reversed(), isLast: false))
        #expect(page.words == ["load 100 up to 500"])
        let step = machine.loaded(.init((401...500).reversed(), isLast: false))
        #expect(step.words.count == 3)
        #expect(step.words.first == "began 7/1000 \(Array(401...1_000))")
        #expect(step.words.dropFirst() == ["heard [1001]", "live"])
        #expect(hear(&machine, 1_002) == ["deliver"])
    }

    @Test("begins with less where the log has less, or has a hole")
    func shortBeginning() {
        for (batch, begins) in [
            (PartitionFeedStateMachine.Batch([10, 9]), "began 7/10 [9, 10]"),
            (.init([10, 9, 7, 6], isLast: false), "began 7/10 [9, 10]"),
            (.init([10, 9], isLast: false, isReadable: false), "began 7/10 [9, 10]"),
            (.init([9, 8]), "began 7/10 []"), (.init([]), "began 7/10 []"),
        ] {
            var machine = PartitionFeedStateMachine(maxLoaded: 5)
            machine.attach()
            #expect(machine.adopted(.init(epoch: 7, revision: 10)).words == ["load 5 up to 10"])
            #expect(machine.loaded(batch).words == [begins, "live"])
        }
    }

    @Test("begins at once where there was no change yet")
    func emptyBeginning() {
        var machine = PartitionFeedStateMachine(maxLoaded: 5)
        machine.attach()
        let step = machine.adopted(FeedPlace(epoch: 7, revision: 0))
        #expect(step.words == ["began 7/0 []", "live"])
    }

    @Test("delivers what comes next, and nothing twice")
    func order() {
        var machine = live()
        #expect(hear(&machine, 11) == ["deliver"])
        #expect(hear(&machine, 11) == ["duplicate"])
        #expect(hear(&machine, 3) == ["duplicate"])
        #expect(hear(&machine, 12) == ["deliver"])
        #expect(machine.place == FeedPlace(epoch: 7, revision: 12))
    }

    @Test("reads what it missed before it delivers what came later")
    func gap() {
        var machine = live()
        #expect(hear(&machine, 13) == ["read 500 after 10"])
        #expect(hear(&machine, 14) == ["nothing"])
        #expect(
            machine.read(.init([11, 12])).words == ["read [11, 12]", "heard [13, 14]", "live"])
        #expect(hear(&machine, 15) == ["deliver"])
    }

    @Test("reads on while the log has more")
    func longGap() {
        var machine = live()
        #expect(hear(&machine, 2_000) == ["read 500 after 10"])
        let first = machine.read(.init(11...510, isLast: false))
        #expect(first.words.last == "read 500 after 510")
        let last = machine.read(.init(511...2_001))
        #expect(last.words.last == "live")
        #expect(machine.place?.revision == 2_001)
    }

    @Test("asks the server where the log does not have what a message promised")
    func emptyPromise() {
        var machine = live()
        #expect(hear(&machine, 1 << 61) == ["read 500 after 10"])
        #expect(machine.read(.init([])).words == ["adopt"])
        // There was no such change.
        #expect(machine.adopted(FeedPlace(epoch: 7, revision: 10)).words == ["live"])
        #expect(hear(&machine, 11) == ["deliver"])
    }

    @Test("is reset where the log has lost what is missing")
    func trimmed() {
        for (batch, news) in [
            (PartitionFeedStateMachine.Batch([]), []), (.init([13, 14, 15]), []),
            (.init([11, 12, 14, 15]), ["read [11, 12]"]),
            (.init([11], isReadable: false), ["read [11]"]), (.init([11, 12]), ["read [11, 12]"]),
        ] {
            var machine = live()
            machine.detach()
            machine.attach()
            let step = machine.adopted(FeedPlace(epoch: 7, revision: 15))
            #expect(step.words == ["read 500 after 10"])
            #expect(hear(&machine, 16) == ["nothing"])
            #expect(machine.read(batch).words == news + ["reset 7/15", "heard [16]", "live"])
        }
    }

    @Test("is reset in another epoch, and where the server went back")
    func otherLives() {
        for place in [(8, 20), (8, 3), (7, 9)] as [(UInt64, UInt64)] {
            var machine = live()
            machine.attach()
            let step = machine.adopted(FeedPlace(epoch: place.0, revision: place.1))
            #expect(step.words == ["reset \(place.0)/\(place.1)", "live"])
            #expect(hear(&machine, place.1 + 1, epoch: place.0) == ["deliver"])
        }
    }

    @Test("asks the server when a message is of another epoch")
    func foreignMessage() {
        var machine = live()
        #expect(hear(&machine, 11, epoch: 8) == ["adopt"])
        #expect(hear(&machine, 12, epoch: 8) == ["nothing"])
        #expect(machine.adopted(FeedPlace(epoch: 8, revision: 12)).words == ["reset 8/12", "live"])
        #expect(hear(&machine, 13, epoch: 8) == ["deliver"])
        // One that nobody knows of changes nothing.
        #expect(hear(&machine, 14, epoch: 9) == ["adopt"])
        #expect(machine.adopted(FeedPlace(epoch: 8, revision: 13)).words == ["live"])
    }

    @Test("takes what it cannot read for a gap")
    func malformed() {
        var machine = live()
        #expect(machine.receivedMalformed().words == ["adopt"])
        #expect(
            machine.adopted(FeedPlace(epoch: 7, revision: 11)).words == ["read 500 after 10"])
        // Another, while the log is read: it may be newer than what the server said.
        #expect(machine.receivedMalformed().words == [])
        #expect(machine.read(.init([11])).words == ["read [11]", "adopt"])
        #expect(machine.adopted(FeedPlace(epoch: 7, revision: 11)).words == ["live"])
    }

    @Test("finds out in passing that something was never published")
    func audit() {
        var machine = live()
        #expect(machine.audited(FeedPlace(epoch: 7, revision: 10)).words == [])
        for place in [FeedPlace(epoch: 7, revision: 11), FeedPlace(epoch: 8, revision: 10), nil] {
            var machine = machine
            #expect(machine.audited(place).words == ["adopt"])
            #expect(!machine.isLive)
            // Whoever is being repaired need not be asked.
            #expect(machine.audited(place).words == [])
        }
    }

    @Test("hears nothing while it is detached, and answers of before are of no interest")
    func detached() {
        var machine = live()
        #expect(hear(&machine, 13) == ["read 500 after 10"])
        machine.detach()
        #expect(hear(&machine, 11) == ["nothing"])
        #expect(machine.read(.init([11, 12])).words == [])
        #expect(machine.loaded(.init([11, 12])).words == [])
        #expect(machine.adopted(FeedPlace(epoch: 8, revision: 1)).words == [])
        #expect(machine.receivedMalformed().words == [])
        #expect(!machine.isLive)
        #expect(machine.place == FeedPlace(epoch: 7, revision: 10))
    }

    @Test("keeps a bounded run of what waits; the log has the rest")
    func buffer() {
        var buffer = FeedBuffer()
        for revision in 1...1_000 as ClosedRange<UInt64> {
            buffer.add(sampleEvent(revision), epoch: 7)
            #expect(buffer.events.count <= FeedBuffer.maxEvents)
            #expect(buffer.events.last?.revision == revision)
        }
        let first = buffer.events.first?.revision ?? 0
        #expect(buffer.events.map(\.revision) == Array(first...1_000))
        buffer.drop(through: 998)
        #expect(buffer.events.map(\.revision) == [999, 1_000])
        buffer.add(sampleEvent(1_002), epoch: 7)
        #expect(buffer.events.map(\.revision) == [1_002])
        buffer.add(sampleEvent(1_003), epoch: 8)
        #expect(buffer.epoch == 8)
        #expect(buffer.take().map(\.revision) == [1_003])
        let long = String(repeating: "k", count: 40 << 10)
        for revision in 1...3 as ClosedRange<UInt64> {
            buffer.add(sampleEvent(revision, key: long), epoch: 7)
            #expect(buffer.events.map(\.revision) == [revision])
        }
    }
}
