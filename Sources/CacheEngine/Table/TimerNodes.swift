// Owns the timers of a wheel, 16 bytes each, in chunks made when needed; guarded as the wheel is.

/// One timer: its neighbours at its place, and when and where it is.
struct TimerNode {
    var previous: Int32
    var next: Int32
    /// The deadline in the upper 48 bits, the place in the lower 16; 0: not set.
    fileprivate var bits: UInt64

    var place: Int { Int(bits & 0xffff) - 1 }
}

/// All timers of a wheel, by number.
struct TimerNodes {
    /// Says "none" in links.
    static let none: Int32 = -1
    private static let chunkNodes = 16

    private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<TimerNode>?>
    private let chunkCount: Int
    private var forgotten = 0

    init(count: Int) {
        chunkCount = (count + Self.chunkNodes - 1) / Self.chunkNodes
        chunks = .allocate(capacity: max(1, chunkCount))
        chunks.initialize(repeating: nil, count: max(1, chunkCount))
    }

    func deallocate() {
        for chunk in forgotten..<chunkCount { chunks[chunk]?.deallocate() }
        chunks.deallocate()
    }

    @inline(__always)
    func deadline(_ timer: Int) -> Int64? {
        guard let chunk = chunks[timer / Self.chunkNodes] else { return nil }
        let bits = chunk[timer % Self.chunkNodes].bits
        return bits == 0 ? nil : Int64(bits &>> 16)
    }

    mutating func set(_ timer: Int, deadline: Int64, place: Int, next: Int32) {
        let bits = UInt64(deadline) << 16 | UInt64(place + 1)
        let chunk = chunks[timer / Self.chunkNodes] ?? makeChunk(timer / Self.chunkNodes)
        chunk[timer % Self.chunkNodes] = TimerNode(previous: Self.none, next: next, bits: bits)
    }

    /// Unsets a timer; answers what it was.
    func clear(_ timer: Int) -> TimerNode {
        let node = pointer(timer)
        defer { node.pointee.bits = 0 }
        return node.pointee
    }

    func setPrevious(of timer: Int, to previous: Int) {
        pointer(timer).pointee.previous = Int32(truncatingIfNeeded: previous)
    }

    func setNext(of timer: Int, to next: Int) {
        pointer(timer).pointee.next = Int32(truncatingIfNeeded: next)
    }

    mutating func forget(before timer: Int) {
        while (forgotten + 1) * Self.chunkNodes <= timer {
            chunks[forgotten]?.deallocate()
            chunks[forgotten] = nil
            forgotten += 1
        }
    }

    private func pointer(_ timer: Int) -> UnsafeMutablePointer<TimerNode> {
        guard let chunk = chunks[timer / Self.chunkNodes] else {
            preconditionFailure("the timer was never set")
        }
        return chunk + timer % Self.chunkNodes
    }

    private func makeChunk(_ index: Int) -> UnsafeMutablePointer<TimerNode> {
        let chunk = UnsafeMutablePointer<TimerNode>.allocate(capacity: Self.chunkNodes)
        chunk.initialize(
            repeating: TimerNode(previous: Self.none, next: Self.none, bits: 0),
            count: Self.chunkNodes)
        chunks[index] = chunk
        return chunk
    }
}
