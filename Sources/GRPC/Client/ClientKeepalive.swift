// Whether a silent server is still there; pure, with time passed in.

import NIOCore

/// The client side of gRFC A8, for one connection. It needs one timer, set again by each answer.
struct ClientKeepalive {
    enum Action: Equatable {
        case none
        /// Set the timer.
        case wait(TimeAmount)
        /// Send a PING and set the timer.
        case ping(TimeAmount)
        /// The server is gone.
        case close
    }

    private enum Phase {
        /// No call is open, and nobody wants to know.
        case dormant
        case quiet
        case pinged
    }

    private let policy: KeepalivePolicy
    private var phase = Phase.dormant
    private var lastRead: NIODeadline

    init(_ policy: KeepalivePolicy, now: NIODeadline) {
        self.policy = policy
        lastRead = now
    }

    /// The connection stands.
    mutating func started() -> Action {
        guard policy.withoutCalls else { return .none }
        phase = .quiet
        return .wait(TimeAmount(policy.time))
    }

    /// Bytes have come: of whatever kind, they show that somebody is there.
    mutating func read(now: NIODeadline) {
        lastRead = now
        if case .pinged = phase { phase = .quiet }
    }

    mutating func callOpened(now: NIODeadline) -> Action {
        guard case .dormant = phase else { return .none }
        // A connection that was idle for long is asked with the first call.
        phase = .quiet
        return timerFired(now: now, openCalls: 1)
    }

    mutating func timerFired(now: NIODeadline, openCalls: Int) -> Action {
        switch phase {
        case .dormant: return .none
        case .pinged: return .close
        case .quiet: break
        }
        if openCalls == 0, !policy.withoutCalls {
            phase = .dormant
            return .none
        }
        let due = lastRead + TimeAmount(policy.time)
        if now < due { return .wait(due - now) }
        phase = .pinged
        return .ping(TimeAmount(policy.timeout))
    }
}
