// How often a peer may ping while nothing is sent to it (gRFC A8); time passed in.

import NIOCore

/// Judges the pings of one connection's peer, as gRPC's own servers do.
struct PingStrikes {
    /// Pings that come too soon before the connection is ended.
    static let most = 2
    /// The least time between pings while no call is open.
    static let idleInterval = TimeAmount.hours(2)

    private let interval: TimeAmount
    private var last: NIODeadline?
    private var strikes = 0

    /// - Parameter interval: the least time between pings while calls are open.
    init(interval: TimeAmount) { self.interval = interval }

    /// A ping has come. True: it was one too many.
    mutating func pinged(at now: NIODeadline, hasCalls: Bool) -> Bool {
        defer { last = now }
        let least = hasCalls ? interval : max(interval, Self.idleInterval)
        guard let last, now - last < least else { return false }
        strikes += 1
        return strikes > Self.most
    }

    /// HEADERS or DATA were sent: a peer may well ping to measure how fast they arrive.
    mutating func answered() {
        last = nil
        strikes = 0
    }
}
