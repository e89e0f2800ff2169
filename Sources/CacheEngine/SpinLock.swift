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
/// between (as folly's `MicroSpinLock` does).
struct SpinLock: ~Copyable {
    /// How often to look, some 100 ns in all, before giving the processor away.
    private static let looks = 200
    /// How often to give it away before sleeping.
    private static let yields = 20
    private static let sleepNanoseconds = 50_000

    private let isHeld = Atomic<Bool>(false)

    @inline(__always)
    borrowing func lock() {
        if !take() { wait() }
    }

    @inline(__always)
    borrowing func unlock() { isHeld.store(false, ordering: .releasing) }

    @inline(__always)
    private borrowing func take() -> Bool {
        isHeld.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    }

    @inline(never)
    private borrowing func wait() {
        var looks = 0
        while true {
            if !isHeld.load(ordering: .relaxed), take() { return }
            looks += 1
            if looks <= Self.looks { continue }
            if looks <= Self.looks + Self.yields {
                sched_yield()
            } else {
                var pause = timespec(tv_sec: 0, tv_nsec: Self.sleepNanoseconds)
                nanosleep(&pause, nil)
            }
        }
    }
}
