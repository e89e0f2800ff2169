// The addresses of one target, looked up again and again; the channel's loop only.

import NIOCore

/// Keeps the addresses of a target up to date.
final class ServerLookup {
    let target: ClientTarget
    /// What the last look-up that went well has found.
    private(set) var addresses: [SocketAddress] = []
    /// Why the last look-up failed; nil when it did not.
    private(set) var failure: GRPCStatus?
    private var machine: ResolutionStateMachine
    private var timer: Scheduled<Void>?
    private var isStopped = false
    private let loop: any EventLoop
    private let changed: () -> Void

    /// `changed` is called after each look-up.
    init(
        _ target: ClientTarget, backoff: BackoffPolicy, loop: any EventLoop,
        changed: @escaping () -> Void
    ) {
        self.target = target
        self.loop = loop
        self.changed = changed
        machine = ResolutionStateMachine(backoff: backoff)
    }

    /// Whether it is not known yet if there are addresses.
    var isUnknown: Bool { addresses.isEmpty && failure == nil }

    /// Looks again, soon.
    func request() { act(machine.request(now: loop.now)) }

    func stop() {
        isStopped = true
        timer?.cancel()
    }

    private func act(_ action: ResolutionStateMachine.Action) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        switch action {
        case .none: return
        case .wait(let delay):
            timer = loop.scheduleTask(in: delay) {
                let lookup = bound.value
                lookup.act(lookup.machine.timerFired(now: lookup.loop.now))
            }
        case .resolve:
            NameResolver.resolve(target, on: loop).whenComplete { bound.value.ended($0) }
        }
    }

    private func ended(_ result: Result<[SocketAddress], any Error>) {
        if isStopped { return }
        switch result {
        case .success(let found):
            addresses = found
            failure = nil
            machine.succeeded()
        case .failure(let error):
            failure =
                error as? GRPCStatus
                ?? ConnectFailure.status("no server at \(target.authority)", error)
            act(machine.failed(random: .random(in: 0...1)))
        }
        changed()
    }
}
