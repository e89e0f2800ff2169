// Reads that wait for the look-up of another one; on the event loop of the call.

import CacheEngine
import NIOCore
import RedisClient

/// Ends a wait once: by what was waited for, or by the deadline. Its event loop only.
private final class Patience: @unchecked Sendable {  // used on its event loop only
    private var timer: Scheduled<Void>?
    private var isOver = false

    init(
        until deadline: NIODeadline, on loop: any EventLoop, _ give: @escaping @Sendable () -> Void
    ) {
        timer = loop.scheduleTask(deadline: deadline) { [self] in if ends() { give() } }
    }

    /// Whether this is the end of it.
    func ends() -> Bool {
        defer { isOver = true }
        timer?.cancel()
        timer = nil
        return !isOver
    }
}

extension SharedLevel {
    /// Waits for the look-up of another call, but not longer than `deadline`. Where that call's
    /// own deadline comes first, and is what ends it, those who joined ask again.
    func join<Sink: ReadSink>(
        _ wait: FillWait, _ namespace: SharedNamespace, _ read: PendingRead<Sink>, loop: Int,
        deadline: NIODeadline
    ) {
        let eventLoop = namespace.pool.servers[loop: loop].eventLoop
        // Most who join come later than who leads, and so give up later: they need no timer.
        let endsBefore = wait.end.map { NIODeadline.uptimeNanoseconds($0) <= deadline } ?? false
        let patience =
            endsBefore
            ? nil
            : Patience(until: deadline, on: eventLoop) {
                let error = RedisError(.timedOut, "another call's look-up has not ended in time")
                read.joined(.failure(error), key: wait.key)
            }
        wait.whenComplete { outcome in
            if eventLoop.inEventLoop {
                self.joined(outcome, of: wait, namespace, read, patience, loop, deadline)
            } else {
                eventLoop.execute {
                    self.joined(outcome, of: wait, namespace, read, patience, loop, deadline)
                }
            }
        }
    }

    private func joined<Sink: ReadSink>(
        _ outcome: Result<CacheEntry?, any Error>, of wait: FillWait,
        _ namespace: SharedNamespace, _ read: PendingRead<Sink>, _ patience: Patience?,
        _ loop: Int, _ deadline: NIODeadline
    ) {
        if let patience, !patience.ends() { return }
        let now = NIODeadline.now()
        guard case .failure = outcome, let end = wait.end, now.uptimeNanoseconds >= end,
            now < deadline
        else { return read.joined(outcome, key: wait.key) }
        wait.key.withUnsafeBytes {
            askAgain($0, namespace, read, loop: loop, deadline: deadline)
        }
    }

    private func askAgain<Sink: ReadSink>(
        _ key: UnsafeRawBufferPointer, _ namespace: SharedNamespace, _ read: PendingRead<Sink>,
        loop: Int, deadline: NIODeadline
    ) {
        let partition = namespace.partition(of: key)
        let ahead: Fetch
        switch engine.board(key, partition: partition, now: clock.now()) {
        case .hit(let entry): return read.joined(.success(entry), key: Array(key))
        case .joins(let wait): ahead = .joins(wait)
        case .leads(let fill): ahead = .leads(fill)
        case .refused: ahead = .alone
        }
        fetch(ahead, key, namespace, read, loop: loop, deadline: deadline)
    }
}
