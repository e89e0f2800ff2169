// Who is resumed when, against a plain list, and what it costs.

import Testing

@testable import CacheService

@Suite("Waiters for changes of their own")
struct AppliedWaitersTests {
    // Used by the test's own thread only.
    private final class Resumed: @unchecked Sendable {
        var ids: [Int] = []
    }

    @Test("whatever is added, reached and taken, those are resumed who wait for nothing more")
    func model() {
        var random = SeededGenerator(state: 17)
        let resumed = Resumed()
        var waiters = AppliedWaiters()
        var model: [Int: [Int: UInt64]] = [:]
        var numbers: [Int: Int] = [:]
        var revisions = [Int: UInt64]()
        for step in 0..<20_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                var missing: [Int: UInt64] = [:]
                for _ in 0...Int.random(in: 0..<3, using: &random) {
                    let partition = Int.random(in: 0..<4, using: &random)
                    missing[partition] =
                        revisions[partition, default: 0] + .random(in: 1...20, using: &random)
                }
                model[step] = missing
                numbers[step] = waiters.add(missing) { resumed.ids.append(step) }
            case 5..<8:
                let partition = Int.random(in: 0..<4, using: &random)
                let revision =
                    revisions[partition, default: 0] + .random(in: 0...5, using: &random)
                revisions[partition] = revision
                var expected: [Int] = []
                for (id, missing) in model {
                    guard let wanted = missing[partition], wanted <= revision else { continue }
                    model[id]?[partition] = nil
                    if model[id]?.isEmpty == true {
                        model[id] = nil
                        expected.append(id)
                    }
                }
                resumed.ids = []
                for resume in waiters.reached(partition, revision) { resume() }
                #expect(resumed.ids.sorted() == expected.sorted())
            default:
                guard let id = model.keys.randomElement(using: &random), let number = numbers[id]
                else { continue }
                model[id] = nil
                resumed.ids = []
                waiters.take(number)?()
                #expect(resumed.ids == [id])
                #expect(waiters.take(number) == nil)
            }
            #expect(waiters.isEmpty == model.isEmpty)
            #expect(waiters.places.inUse == model.values.reduce(0) { $0 + $1.count })
        }
    }

    @Test("those who gave up keep no places while nothing comes")
    func giveUp() {
        var waiters = AppliedWaiters()
        let kept = waiters.add([1: 1_000_000]) {}
        for revision in UInt64(1)...10_000 {
            let id = waiters.add([1: revision, 2: revision]) {}
            _ = waiters.take(id)
        }
        #expect(waiters.places.all < 100 && waiters.places.inUse == 1)
        #expect(waiters.take(kept) != nil && waiters.isEmpty)
    }

    @Test("what comes looks at nobody who waits for later")
    func cost() {
        var waiters = AppliedWaiters()
        let count = UInt64(100_000)
        for revision in 1...count { _ = waiters.add([0: revision]) {} }
        // Each of as many steps would look at all of them: minutes, not a moment.
        for revision in 1...count { #expect(waiters.reached(0, revision).count == 1) }
        #expect(waiters.isEmpty && waiters.places.all == 0)
    }
}
