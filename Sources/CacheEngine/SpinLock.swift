// Owns who has what it guards; any thread.

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A lock for what takes far less than a microsecond, and is done with every call.
///
/// To let it go is a store. A mutex exchanges a second time, to see whether somebody sleeps: that
/// is half of what it costs where nobody waits. So nobody is woken here: who waits looks again and
/// again, then gives its processor away, and once the holder must have lost its own, sleeps in
/// between (as folly's `MicroSpinLock` does). Who lets it go sees those who have looked in vain,
/// and leaves it to them: many short turns in a row shut nobody out.
struct SpinLock: ~Copyable {
    /// How often to look, some 2 µs in all, before giving the processor away: longer than a call
    /// that waits for memory.
    private static let looks = 4_000
    /// How often to give it away, some 200 µs where nobody wants it, before sleeping.
    private static let yields = 1_000
    private static let sleepNanoseconds = 50_000
    /// How often the last holder gives its own away to those who wait.
    private static let courtesies = 20

    private let isHeld = Atomic<Bool>(false)
    /// How many have looked in vain.
    private let waiting = Atomic<Int32>(0)

    @inline(__always)
    borrowing func lock() {
        if !take() { wait() }
    }

    @inline(__always)
    borrowing func unlock() {
        isHeld.store(false, ordering: .releasing)
        if waiting.load(ordering: .relaxed) != 0 { giveWay() }
    }

    @inline(__always)
    private borrowing func take() -> Bool {
        isHeld.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    }

    private borrowing func takeIfFree() -> Bool { !isHeld.load(ordering: .relaxed) && take() }

    @inline(never)
    private borrowing func wait() {
        for _ in 0..<Self.looks where takeIfFree() { return }
        waiting.add(1, ordering: .relaxed)
        defer { waiting.subtract(1, ordering: .relaxed) }
        for _ in 0..<Self.yields {
            if takeIfFree() { return }
            sched_yield()
        }
        while !takeIfFree() {
            var pause = timespec(tv_sec: 0, tv_nsec: Self.sleepNanoseconds)
            nanosleep(&pause, nil)
        }
    }

    /// Lets another take it: one that sleeps may be missed, and has the next chance.
    @inline(never)
    private borrowing func giveWay() {
        for _ in 0..<Self.courtesies {
            sched_yield()
            if isHeld.load(ordering: .relaxed) || waiting.load(ordering: .relaxed) == 0 { return }
        }
    }
}
