// When a client asks whether its server is still there; a value.

/// Keepalive pings of a client (gRFC A8).
package struct KeepalivePolicy: Sendable, Equatable {
    /// The shortest `time`: servers take more for an attack.
    package static let leastTime: Duration = .seconds(10)

    /// How long nothing may come from the server before it is pinged; at least `leastTime`.
    package var time: Duration
    /// How long the answer may take before the connection counts as dead.
    package var timeout: Duration
    /// Whether to ping while no call is open.
    package var withoutCalls: Bool

    /// A policy; a shorter `time` than `leastTime` is lengthened to it.
    package init(
        time: Duration, timeout: Duration = .seconds(20), withoutCalls: Bool = false
    ) {
        self.time = max(time, Self.leastTime)
        self.timeout = timeout
        self.withoutCalls = withoutCalls
    }
}

extension KeepalivePolicy {
    /// The longest `time` to which complaints of servers lengthen it.
    static let mostTime: Duration = .seconds(7_200)

    /// After a server's `too_many_pings`: half as often.
    mutating func slowDown() { time = max(time, min(time * 2, Self.mostTime)) }
}
