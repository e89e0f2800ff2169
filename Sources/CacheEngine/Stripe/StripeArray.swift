// Owns the stripes and their locks; any thread may take any one lock, never two at once.

import Locks

/// The stripes, each with its lock on cache lines of its own. No object: a call would keep it.
struct StripeArray: @unchecked Sendable {  // holds: a stripe is reached under its lock only
    /// Two cache lines: processors fetch them in pairs.
    private static let alignmentBytes = 128

    let count: Int
    private let memory: UnsafeMutableRawPointer
    private let strideBytes: Int

    init(count: Int, make: (Int) -> Stripe) {
        precondition(count > 0 && count & (count - 1) == 0, "a power of two")
        let size = MemoryLayout<Locked<Stripe>>.size
        self.count = count
        strideBytes = (size + Self.alignmentBytes - 1) / Self.alignmentBytes * Self.alignmentBytes
        memory = .allocate(byteCount: count * strideBytes, alignment: Self.alignmentBytes)
        for index in 0..<count {
            pointer(index).initialize(to: Locked(make(index)))
        }
    }

    /// Frees all; nothing may be called afterwards.
    func deallocate() {
        for index in 0..<count { pointer(index).deinitialize(count: 1) }
        memory.deallocate()
    }

    /// The stripe of a hash: its lowest bits, for the index inside the stripe uses the highest.
    @inline(__always)
    func index(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & (count - 1)
    }

    @inline(__always)
    func withLock<Result: Sendable>(
        _ index: Int, _ body: (inout Stripe) -> Result
    ) -> Result {
        pointer(index).pointee.withLock { body(&$0) }
    }

    @inline(__always)
    private func pointer(_ index: Int) -> UnsafeMutablePointer<Locked<Stripe>> {
        (memory + index * strideBytes).assumingMemoryBound(to: Locked<Stripe>.self)
    }
}
