// Tests that one holds the engine's lock at a time, and that who waits long gets it, too.

import Dispatch
import Synchronization
import Testing

@testable import CacheEngine

@Suite struct SpinLockTests {
    private final class Counted: @unchecked Sendable {  // holds: changed under the lock only
        let lock = SpinLock()
        var count = 0
        let isWaiting = Atomic<Bool>(false)
    }

    @Test("No addition under the lock is lost")
    func exclusion() {
        let counted = Counted()
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<20_000 {
                counted.lock.lock()
                counted.count += 1
                counted.lock.unlock()
            }
        }
        #expect(counted.count == 80_000)
    }

    @Test("Who waits until it sleeps has the lock once it is let go")
    func longHold() async {
        let counted = Counted()
        counted.lock.lock()
        let waiter = Task.detached {
            counted.isWaiting.store(true, ordering: .releasing)
            counted.lock.lock()
            counted.count += 1
            counted.lock.unlock()
        }
        while !counted.isWaiting.load(ordering: .acquiring) { await Task.yield() }
        // Far longer than it looks and gives its processor away.
        for _ in 0..<20_000 { await Task.yield() }
        counted.count += 1
        counted.lock.unlock()
        await waiter.value
        #expect(counted.count == 2)
    }
}
