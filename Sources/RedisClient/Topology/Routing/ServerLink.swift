// Keeps one event loop connected to one server; its event loop only.

import NIOCore

/// A connection that is made again whenever it ends.
// Used on its event loop only.
final class ServerLink: @unchecked Sendable {
    /// What a link tells its owner.
    struct Events {
        /// It is connected.
        var connected: (ServerLink) -> Void
        /// It lost its connection (true), or could not make one.
        var failed: (ServerLink, RedisError, Bool) -> Void
    }

    private enum State {
        case idle
        case connecting
        case connected(since: NIODeadline)
        case waiting(Scheduled<Void>)
        case closed
    }

    /// A connection that lived so long begins again without a wait.
    private static let provenAfter = TimeAmount.seconds(1)
    /// Commands wait that long for a server that let us in the last time.
    private static let shortWait = TimeAmount.milliseconds(250)
    /// How long a server is avoided that did not answer.
    private static let avoidedFor = TimeAmount.seconds(1)

    let address: RedisAddress
    /// Whether it reads from a replica.
    let isReplica: Bool
    /// The connection, while there is one.
    private(set) var connection: RedisConnection?
    /// Why there is none, and will not be in a moment; nil: the first attempt since a success
    /// has not ended.
    private(set) var failure: RedisError?
    /// Bytes sent over the connections before this one.
    private(set) var sentBefore: UInt64 = 0
    /// Bytes received over the connections before this one.
    private(set) var receivedBefore: UInt64 = 0
    /// When it was last asked for, by the generation of the topology.
    var generation = 0

    private let core: PoolCore
    private let eventLoop: any EventLoop
    private let events: Events
    private var state = State.idle
    private var backOff = BackOff.connecting
    private var avoidedUntil = NIODeadline.uptimeNanoseconds(0)
    /// Whether the attempt that has not ended is followed by another at once, should it fail.
    private var isHurried = false

    init(
        to address: RedisAddress, isReplica: Bool, core: PoolCore, eventLoop: any EventLoop,
        events: Events
    ) {
        self.address = address
        self.isReplica = isReplica
        self.core = core
        self.eventLoop = eventLoop
        self.events = events
    }

    /// Begins to connect, if it has not.
    func open() {
        if case .idle = state { attempt() }
    }

    /// Ends for good.
    func close() {
        eventLoop.assertInEventLoop()
        if case .waiting(let timer) = state { timer.cancel() }
        state = .closed
        let last = connection
        keepBytes()
        connection = nil
        failure = RedisError(.closed, "the connection was given up")
        last?.close()
    }

    /// Does not wait any longer before the next attempt: somebody else has just been let in.
    func hurry() {
        switch state {
        case .waiting(let timer):
            timer.cancel()
            failure = nil
            attempt()
        case .connecting:
            // It may have begun before the server was there.
            failure = nil
            isHurried = true
        case .idle, .connected, .closed: break
        }
    }

    /// Looks the server up again: where it was is now one that cannot be used.
    func reconnect() {
        guard case .connected(let since) = state, since + Self.provenAfter < .now() else { return }
        connection?.close()
    }

    /// Lets others go first for a while.
    func avoid(now: NIODeadline) { avoidedUntil = now + Self.avoidedFor }

    /// The connection, unless the server did not answer a moment ago.
    func connectionUnlessAvoided(now: NIODeadline) -> RedisConnection? {
        now < avoidedUntil ? nil : connection
    }

    private func keepBytes() {
        sentBefore += UInt64(connection?.bytesSent ?? 0)
        receivedBefore += UInt64(connection?.bytesReceived ?? 0)
    }

    private func attempt() {
        guard let place = core.quota.take() else { return failed(core.quota.refusal) }
        state = .connecting
        RedisConnection.connect(
            to: address, core.linkConfiguration(to: address, isReplica: isReplica), on: eventLoop,
            pushed: { _ in },
            closed: { [self] error in
                place.give()
                lost(error)
            }
        ).whenComplete { [self] result in
            switch result {
            case .success(let connection): connected(connection)
            case .failure(let error):
                place.give()
                failed(
                    error as? RedisError
                        ?? RedisError(.connectFailed, "cannot connect: \(error)"))
            }
        }
    }

    private func connected(_ made: RedisConnection) {
        guard case .connecting = state else { return made.close() }
        state = .connected(since: .now())
        isHurried = false
        connection = made
        failure = nil
        events.connected(self)
    }

    private func lost(_ error: RedisError) {
        guard case .connected(let since) = state else { return }
        keepBytes()
        connection = nil
        if since + Self.provenAfter < .now() {
            backOff.reset()
            state = .idle
            events.failed(self, error, true)
            open()
        } else {
            failed(error, wasConnected: true)
        }
    }

    private func failed(_ error: RedisError, wasConnected: Bool = false) {
        if case .closed = state { return }
        if isHurried {
            isHurried = false
            return attempt()
        }
        let wait = backOff.next(jitter: .random(in: 0..<1))
        // A server that was there a moment ago is worth a short wait.
        failure = wasConnected && wait <= Self.shortWait ? nil : error
        state = .waiting(
            eventLoop.scheduleTask(in: wait) { [self] in
                guard case .waiting = state else { return }
                attempt()
            })
        events.failed(self, error, wasConnected)
    }
}
