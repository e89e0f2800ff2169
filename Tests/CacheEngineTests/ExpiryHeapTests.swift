// Tests the expiry heap against a dictionary of deadlines.

import Testing

@testable import CacheEngine

@Suite struct ExpiryHeapTests {
    @Test(
        "The first is never later than the earliest deadline, whatever is scheduled and cancelled")
    func model() {
        var random = SeededGenerator(state: 3)
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: 64)
        defer { slots.deallocate() }
        slots.initialize(
            repeating: Slot(
                storage: nil, hash: 0, previous: Slot.noSlot, next: Slot.noSlot,
                deadline: Slot.noSlot, namespace: 0, segment: 0), count: 64)
        var heap = ExpiryHeap()
        var model: [Int: Timestamp] = [:]
        for _ in 0..<50_000 {
            let slot = Int.random(in: 0..<64, using: &random)
            if Int.random(in: 0..<3, using: &random) == 0 {
                heap.cancel(slot, in: slots)
                model[slot] = nil
            } else {
                let deadline = Timestamp(nanoseconds: .random(in: 0..<1_000, using: &random))
                heap.schedule(slot, at: deadline, in: slots)
                model[slot] = deadline
            }
            #expect(heap.count == model.count, "one node for each slot, and nothing stale")
            // What comes up early is put right, as the sweep does.
            while let first = heap.first, let actual = model[first.slot], first.deadline < actual {
                heap.postponeFirst(to: actual, in: slots)
            }
            #expect(heap.first?.deadline == model.values.min())
        }
    }
}
