// What the service keeps for each event loop; touched on that loop only.

import CacheEngine
import GRPC
import Invalidation
import Messages
import NIOCore

/// The watchers of one event loop, and the sampling of its calls and reads.
final class LoopState: @unchecked Sendable {  // used on its event loop only
    /// One call in so many of each operation is timed: two clock reads cost as much as a hit.
    static let sampling: UInt32 = 8

    /// The most objects of reads that are kept for the next, of each kind.
    static let maxSpareReads = 1_024

    let eventLoop: any EventLoop
    let hub: WatcherHub<WatchStream>
    let waiting = WaitingStreams()
    let reads: ReadObserver
    /// Where calls are read and answered in their handler's turn.
    let turnArena: MessageArena
    /// Where answers are encoded that come after their handler's turn.
    let arena = MessageArena()
    /// Which values the loop's calls compress.
    var compression: CompressionRules
    private let latencies: LatencyHistograms
    /// What Gets, and the keys of batches, wait in for the shared level.
    var spareGets: [PendingRead<CacheService.LaterGet>] = []
    var spareItems: [PendingRead<BatchOfReads.Place>] = []
    private var calls = [UInt32](repeating: 0, count: Operation.allCases.count)
    private var ticker: RepeatedTask?

    init(
        loop: ServerLoop, log: InvalidationLog, reads: ReadObserver,
        latencies: LatencyHistograms, compression: CompressionRules
    ) {
        eventLoop = loop.eventLoop
        turnArena = loop.arena
        self.reads = reads
        self.latencies = latencies
        self.compression = compression
        let slot = HubSlot()
        let bound = NIOLoopBound(slot, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        let encoder = WatchEncoder()
        hub = WatcherHub(
            log: log, feed: log.feeds[loop.index],
            wake: { eventLoop.execute { bound.value.hub?.drain() } },
            encode: { encoder.encode($0) })
        slot.hub = hub
        if !log.isReady {
            let waiting = NIOLoopBound(waiting, eventLoop: loop.eventLoop)
            log.whenReady { eventLoop.execute { waiting.value.release() } }
        }
        ticker = eventLoop.scheduleRepeatedTask(
            initialDelay: .seconds(1), delay: .seconds(1)
        ) { _ in
            bound.value.hub?.tick(now: LoopState.uptime(.now()))
        }
    }

    /// Time as the hub counts it.
    static func uptime(_ moment: NIODeadline) -> Duration {
        .nanoseconds(Int64(moment.uptimeNanoseconds))
    }

    /// Whether this call is one of those that are timed: the first, and one in so many.
    func isSampled(_ operation: Operation) -> Bool {
        defer { calls[operation.rawValue] &+= 1 }
        return calls[operation.rawValue] % Self.sampling == 0
    }

    /// Counts how long a call took that began at `start`.
    func record(_ operation: Operation, since start: NIODeadline) {
        let elapsed = (NIODeadline.now() - start).nanoseconds
        latencies.record(operation, nanoseconds: UInt64(max(0, elapsed)))
    }
}

/// Breaks the circle between a hub and the closure that wakes it.
private final class HubSlot {
    weak var hub: WatcherHub<WatchStream>?
}

/// The loops' states by index.
///
/// Loops are prepared one after the other, before the first connection is accepted.
// After that nothing is written, and a state is touched on its loop only.
final class LoopTable: @unchecked Sendable {
    private var states: [LoopState?]
    /// The same for other threads, which may only go there by way of the loop.
    private(set) var bounds: [NIOLoopBound<LoopState>] = []

    init(count: Int) { states = Array(repeating: nil, count: count) }

    func prepare(
        _ loop: ServerLoop, log: InvalidationLog, reads: ReadObserver,
        latencies: LatencyHistograms, compression: CompressionRules
    ) {
        let state = LoopState(
            loop: loop, log: log, reads: reads, latencies: latencies, compression: compression)
        states[loop.index] = state
        bounds.append(NIOLoopBound(state, eventLoop: loop.eventLoop))
    }

    subscript(loop: ServerLoop) -> LoopState {
        guard let state = states[loop.index] else {
            preconditionFailure("loop \(loop.index) was not prepared")
        }
        return state
    }
}
