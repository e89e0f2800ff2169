// The way in which this project locks, but for the engine and its `SpinLock`; any thread.

public import Synchronization

/// A value and the lock that guards it: a `Mutex` whose hand-over the thread sanitizer can see.
///
/// Under contention a `Mutex` passes from thread to thread inside the kernel, which the sanitizer
/// does not watch: it would report every use as a race. An atomic that each holder reads first
/// and writes last shows it the order there is, for less than a nanosecond.
public struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
    // First, so that it shares a cache line with the mutex, however large the value is.
    @usableFromInline let handover = Atomic<UInt8>(0)
    @usableFromInline let mutex: Mutex<Value>

    /// A lock that nobody holds.
    @inlinable
    public init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` alone with the value. It must not lock the same value again.
    @inlinable
    @inline(__always)
    public borrowing func withLock<Result, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { value throws(Failure) -> sending Result in
            _ = handover.load(ordering: .acquiring)
            defer { handover.store(0, ordering: .releasing) }
            return try body(&value)
        }
    }
}
