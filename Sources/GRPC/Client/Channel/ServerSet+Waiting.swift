// The calls that wait for a connection; the channel's loop only.

import NIOCore

/// A call that waits for a connection, as its task holds it.
final class PickWaiter: Sendable {
    let promise: EventLoopPromise<ClientConnection>
    let waitForReady: Bool
    let timeout: Duration?

    init(promise: EventLoopPromise<ClientConnection>, waitForReady: Bool, timeout: Duration?) {
        self.promise = promise
        self.waitForReady = waitForReady
        self.timeout = timeout
    }
}

/// A waiter in the queue.
struct WaitingPick {
    let waiter: PickWaiter
    /// Its place in the queue.
    let number: UInt64
    let timer: Scheduled<Void>?
}

extension ServerSet {
    /// Calls of a channel that may wait for a connection.
    static let maxWaiting = 10_000

    /// Answers with a connection as soon as there is one, or fails as the caller's options say.
    func wait(_ waiter: PickWaiter) {
        wake()
        if answer(waiter) { return }
        guard waiting.count < Self.maxWaiting else {
            return waiter.promise.fail(
                GRPCStatus(.resourceExhausted, "too many calls wait for a server"))
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let timer = waiter.timeout.map { timeout in
            loop.scheduleTask(in: TimeAmount(timeout)) {
                bound.value.giveUp(
                    waiter,
                    GRPCStatus(.deadlineExceeded, "the deadline passed before a connection"))
            }
        }
        waitingCount += 1
        waiting[ObjectIdentifier(waiter)] = WaitingPick(
            waiter: waiter, number: waitingCount, timer: timer)
    }

    /// Takes a call out of the queue.
    func giveUp(_ waiter: PickWaiter, _ status: GRPCStatus) {
        guard let waiting = waiting.removeValue(forKey: ObjectIdentifier(waiter)) else { return }
        waiting.timer?.cancel()
        waiter.promise.fail(status)
    }

    /// Lets each waiting call look again, the oldest first.
    func serveWaiting() {
        if waiting.isEmpty { return }
        for entry in waiting.values.sorted(by: { $0.number < $1.number })
        where answer(entry.waiter) {
            entry.timer?.cancel()
            waiting[ObjectIdentifier(entry.waiter)] = nil
        }
    }

    private func answer(_ waiter: PickWaiter) -> Bool {
        switch picture.pick(waitForReady: waiter.waitForReady) {
        case .connection(let connection): waiter.promise.succeed(connection)
        case .failed(let status): waiter.promise.fail(status)
        case .wait: return false
        }
        return true
    }
}
