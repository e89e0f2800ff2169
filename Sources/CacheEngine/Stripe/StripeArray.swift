// Owns the stripes and their locks; any thread may take any one lock, never two at once.

/// The stripes, each with its lock on cache lines of its own. No object: a call would keep it.
struct StripeArray: @unchecked Sendable {  // holds: a stripe is reached under its lock only
    /// Two cache lines: processors fetch them in pairs.
    private static let alignmentBytes = 128
    /// The line that each call writes comes first: the lock, the readers' seats, the hits. What
    /// calls only read follows on another, which every processor may keep.
    private static let lineBytes = 64
    private static let seatsOffset = 8

    private let mask: Int
    private let memory: UnsafeMutableRawPointer

    /// How far the stripes are from each other, a power of two: known when this is compiled.
    @inline(__always)
    private static var strideShift: Int {
        Int.bitWidth - (lineBytes + MemoryLayout<Stripe>.size - 1).leadingZeroBitCount
    }

    init(count: Int, make: (Int, Guests) -> Stripe) {
        precondition(Self.seatsOffset + Guests.byteCount <= Self.lineBytes, "the line is full")
        precondition(count > 0 && count & (count - 1) == 0, "a power of two")
        mask = count - 1
        memory = .allocate(byteCount: count << Self.strideShift, alignment: Self.alignmentBytes)
        for index in 0..<count {
            lock(index).initialize(to: SpinLock())
            let seats = UnsafeMutableRawPointer(lock(index)) + Self.seatsOffset
            stripe(index).initialize(to: make(index, Guests(in: seats)))
        }
    }

    var count: Int { mask + 1 }

    /// Frees all; nothing may be called afterwards.
    func deallocate() {
        for index in 0..<count { stripe(index).deinitialize(count: 1) }
        memory.deallocate()
    }

    /// The stripe of a hash: its lowest bits, for the index inside the stripe uses the highest.
    @inline(__always)
    func index(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash) & mask
    }

    @inline(__always)
    func withLock<Result>(_ index: Int, _ body: (inout Stripe) -> Result) -> Result {
        let lock = lock(index)
        lock.pointee.lock()
        defer { lock.pointee.unlock() }
        return body(&stripe(index).pointee)
    }

    @inline(__always)
    private func lock(_ index: Int) -> UnsafeMutablePointer<SpinLock> {
        (memory + index &<< Self.strideShift).assumingMemoryBound(to: SpinLock.self)
    }

    @inline(__always)
    private func stripe(_ index: Int) -> UnsafeMutablePointer<Stripe> {
        (memory + (index &<< Self.strideShift &+ Self.lineBytes)).assumingMemoryBound(
            to: Stripe.self)
    }
}
