// How many frames that carry no call a server may send; pure, with time passed in.

import NIOCore

/// A bucket that holds `burst` frames and refills at `perSecond`: PING, SETTINGS, interim
/// headers, empty DATA and whatever else makes work and carries nothing.
struct FrameFloodGuard {
    /// Servers that measure the line send a PING each round trip: on loopback, thousands.
    static let perSecond = 20_000.0
    static let burst = 20_000.0

    private var tokens = Self.burst
    private var filledAt: NIODeadline

    init(now: NIODeadline) { filledAt = now }

    /// Whether so many more may come.
    mutating func admits(_ frames: Int, now: NIODeadline) -> Bool {
        let seconds = Double((now - filledAt).nanoseconds) / 1e9
        filledAt = now
        tokens = min(Self.burst, tokens + seconds * Self.perSecond) - Double(frames)
        return tokens >= 0
    }
}
