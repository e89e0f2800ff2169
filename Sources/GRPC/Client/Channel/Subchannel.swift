// One address of a channel and its connection; the channel's loop only.

import NIOCore

/// Keeps one address connected for as long as it is wanted.
final class Subchannel {
    /// Connections that take no more calls and still have some; the oldest is closed when a
    /// server makes us leave more than these.
    static let maxRetiring = 8

    /// What it is made with.
    struct Setup {
        let address: SocketAddress
        /// The target that it was found under, for sentences.
        let target: ClientTarget
        let connection: ConnectionSetup
        let backoff: BackoffPolicy
        let connectTimeout: Duration
        let group: any EventLoopGroup
        let loop: any EventLoop
    }

    /// What it tells its owner.
    enum Event {
        case stateChanged
        case connectionLost
        case tooManyPings
    }

    private(set) var failure = GRPCStatus(.unavailable, "not connected yet")
    private(set) var connection: ClientConnection?
    private var machine: SubchannelStateMachine
    private var setup: ConnectionSetup
    private var attempt: ConnectAttempt?
    private var retiring: [ClientConnection] = []
    private var timer: Scheduled<Void>?
    /// Counts attempts, so that what earlier ones still have to say is not taken for news.
    private var generation = 0
    private let made: Setup
    private let tell: (Event) -> Void

    init(_ made: Setup, tell: @escaping (Event) -> Void) {
        self.made = made
        self.tell = tell
        setup = made.connection
        machine = SubchannelStateMachine(
            backoff: made.backoff, connectTimeout: made.connectTimeout)
    }

    /// Whether a call had better fail than wait for this address.
    var isFailing: Bool { machine.isFailing }

    /// Whether none of its connections is left.
    var isEmpty: Bool { connection == nil && retiring.isEmpty }

    /// Connects, unless it has begun to.
    func connect() {
        act(machine.connect(now: made.loop.now, random: .random(in: 0...1)))
    }

    /// How later connections ask whether their server is there.
    func set(_ keepalive: KeepalivePolicy?) { setup.keepalive = keepalive }

    /// Takes no more calls; those that are open go on.
    func retire() {
        stop()
        guard let last = connection else { return }
        connection = nil
        last.retire()
        retiring.append(last)
    }

    /// Closes everything, and tells when it is closed.
    func close() -> [EventLoopFuture<Void>] {
        stop()
        let open = retiring + (connection.map { [$0] } ?? [])
        retiring = []
        connection = nil
        return open.map { $0.closeNow() }
    }

    private func stop() {
        machine.shutDown()
        timer?.cancel()
        attempt?.abandon()
        attempt = nil
    }

    // MARK: - Acting

    private func act(_ action: SubchannelStateMachine.Action) {
        switch action {
        case .none: return
        case .connect(let timeout): start(timeout)
        case .wait(let delay):
            let bound = NIOLoopBound(self, eventLoop: made.loop)
            timer = made.loop.scheduleTask(in: delay) { bound.value.timerFired() }
        }
    }

    private func timerFired() {
        act(machine.timerFired(now: made.loop.now, random: .random(in: 0...1)))
        tell(.stateChanged)
    }

    private func start(_ timeout: TimeAmount) {
        generation += 1
        let generation = generation
        let loop = made.loop
        let bound = NIOLoopBound(self, eventLoop: loop)
        let report = ConnectionReport { event in
            loop.execute { bound.value.heard(event, generation) }
        }
        let attempt = ConnectAttempt(loop: made.group.next())
        self.attempt = attempt
        attempt.start(made.address, setup, timeout: timeout, report: report)
            .hop(to: loop)
            .whenComplete { bound.value.attemptEnded($0) }
    }

    private func attemptEnded(_ result: Result<ClientConnection, any Error>) {
        guard machine.state == .connecting else { return }
        attempt = nil
        switch result {
        case .success(let made):
            machine.greeted()
            connection = made
            tell(.stateChanged)
        case .failure(let error):
            failure = ConnectFailure.status("no server at \(made.target.authority)", error)
            act(machine.attemptFailed(now: made.loop.now))
            tell(.connectionLost)
        }
    }

    private func heard(_ event: ConnectionReport.Event, _ generation: Int) {
        // What was retired is closed when its calls have ended, and forgotten here.
        retiring.removeAll { !$0.isActive }
        guard generation == self.generation, let connection else { return }
        self.connection = nil
        switch event {
        case .closed: break
        case .goingAway(let tooManyPings):
            retiring.append(connection)
            if retiring.count > Self.maxRetiring { retiring.removeFirst().closeNow() }
            if tooManyPings { tell(.tooManyPings) }
        }
        act(machine.connectionLost(now: made.loop.now, random: .random(in: 0...1)))
        tell(.connectionLost)
    }
}
