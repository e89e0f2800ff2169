// Owns the circuit breaker of one shard for the whole process; any thread.

import Locks
import NIOCore
import Synchronization

/// A `CircuitBreaker` with its timer and its probes. Asking it costs one atomic load.
final class ShardBreaker: Sendable {
    /// Tells whether a probe was answered well.
    typealias ProbeResult = @Sendable (Bool) -> Void
    /// Takes each new state, and the one before it.
    typealias StateReport =
        @Sendable (_ state: CircuitBreaker.State, _ before: CircuitBreaker.State) -> Void

    private let machine: Locked<CircuitBreaker>
    private let isClosed = Atomic(true)
    private let eventLoop: any EventLoop
    private let probe: @Sendable (@escaping ProbeResult) -> Void
    private let report: StateReport

    /// A closed breaker.
    ///
    /// - Parameters:
    ///   - eventLoop: Where its timer runs.
    ///   - probe: Asks the shard for a sign of life and calls back once.
    ///   - report: Hears of each transition.
    init(
        _ limits: CircuitBreaker.Limits = CircuitBreaker.Limits(), eventLoop: any EventLoop,
        probe: @escaping @Sendable (@escaping ProbeResult) -> Void,
        report: @escaping StateReport
    ) {
        machine = Locked(CircuitBreaker(limits))
        self.eventLoop = eventLoop
        self.probe = probe
        self.report = report
    }

    /// Whether commands pass: it is closed.
    @inline(__always)
    var passes: Bool { isClosed.load(ordering: .relaxed) }

    /// Its state, and how long it refuses at least.
    func reading(now: NIODeadline) -> (state: CircuitBreaker.State, retryAfter: Duration?) {
        machine.withLock { machine in
            guard machine.state != .closed else { return (.closed, nil) }
            let rest = max(.zero, machine.openUntil - now)
            return (machine.state, .nanoseconds(rest.nanoseconds))
        }
    }

    /// Counts ended commands.
    func record(calls: Int, failures: Int, now: NIODeadline) {
        advance { machine in
            machine.record(
                calls: calls, failures: failures, now: now, jitter: .random(in: 0..<1))
        }
    }

    /// There is a new connection: an open breaker looks at once whether the shard is well.
    func serverConnected() { advance { $0.backOffEnded() } }

    /// Another server took over.
    func serverReplaced(now: NIODeadline) { advance { $0.replaceServer(now: now) } }

    private func advance(_ event: (inout CircuitBreaker) -> CircuitBreaker.Action) {
        let (action, before, state) = machine.withLock { machine in
            let before = machine.state
            let action = event(&machine)
            let state = machine.state
            isClosed.store(state == .closed, ordering: .relaxed)
            return (action, before, state)
        }
        if state != before { report(state, before) }
        perform(action)
    }

    private func perform(_ action: CircuitBreaker.Action) {
        switch action {
        case .none, .close: break
        case .open(let until):
            eventLoop.scheduleTask(deadline: until) { [weak self] in
                // A timer of an earlier back-off does not end this one.
                self?.advance { machine in
                    machine.openUntil <= .now() ? machine.backOffEnded() : .none
                }
            }
        case .probe:
            probe { [weak self] isWell in
                self?.advance { machine in
                    isWell
                        ? machine.probeSucceeded(now: .now())
                        : machine.probeFailed(now: .now(), jitter: .random(in: 0..<1))
                }
            }
        }
    }
}
