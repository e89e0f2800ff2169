// What a connection owes to the clock, as a state machine without a clock; event loop only.

import NIOCore

/// The spans after which a connection hears something from the clock; made once per event loop.
struct ConnectionSpans {
    /// For the peer's preface and settings, and then again for its acknowledgement of ours
    /// (RFC 9113 sections 3.4 and 6.5.3).
    let handshake: TimeAmount
    /// For one byte of progress while something is unsent.
    let stall: TimeAmount
    /// Silence of the peer after which it is pinged, and what it then has to answer (gRFC A9).
    let keepalive: TimeAmount
    let keepaliveAnswer: TimeAmount
    /// The life of a connection before the jitter, and what its calls get after it (gRFC A9).
    let age: TimeAmount?
    let ageGrace: TimeAmount?
    /// Life without a call (gRFC A9).
    let idle: TimeAmount?

    init(_ limits: ServerLimits) {
        handshake = TimeAmount(limits.handshakeTimeout)
        stall = TimeAmount(limits.stallTimeout)
        keepalive = TimeAmount(limits.keepaliveTime)
        keepaliveAnswer = TimeAmount(limits.keepaliveTimeout)
        age = limits.connectionMaxAge.map { TimeAmount($0) }
        ageGrace = limits.connectionMaxAgeGrace.map { TimeAmount($0) }
        idle = limits.connectionMaxIdle.map { TimeAmount($0) }
    }
}

/// The instants of one connection. It is looked at about once a second, and what happens in
/// between is told by counters, so no call and no frame ever touches it.
struct ConnectionTimes {
    /// What a look at the connection shows.
    struct Sight {
        /// When bytes of the peer were last read; at the beginning, when it connected.
        var lastRead: NIODeadline
        /// Whether the peer's preface and first SETTINGS are there.
        var hasSettings: Bool
        /// Whether the peer has acknowledged our SETTINGS.
        var isAcknowledged: Bool
        var openStreams: Int
        /// The highest stream so far: it tells whether there were calls since the last look.
        var lastStream: Int32
        /// Whether bytes in the channel, or answers on all streams, wait to be taken: where
        /// single streams take none, they end alone.
        var owes: Bool
        /// Differs from the last look's where something was taken.
        var progress: UInt64
    }

    /// What is to be done.
    enum Action: Equatable {
        /// Tell the peer why, and close.
        case reject(ConnectionRejection)
        /// Ask whether the peer is still there.
        case ping
        /// The peer has not answered: it is gone, and there is nobody to tell.
        case abandon
        /// Let calls finish, and have the peer open another connection.
        case drain(ConnectionTimes.Departure)
        /// The grace of a drain is over.
        case close
    }

    /// Why a connection drains although the server stays.
    enum Departure { case age, idleness }

    private enum Handshake {
        case preface
        case acknowledgement(since: NIODeadline)
        case done
    }

    private let opened: NIODeadline
    /// When it is old, with its jitter.
    private let oldAt: NIODeadline?
    private var closeAt: NIODeadline?
    private var handshake = Handshake.preface
    private var pinged: NIODeadline?
    private var stalledSince: NIODeadline?
    private var progress: UInt64 = 0
    /// The last look at which there was a call, or had been one since the look before.
    private var lastBusy: NIODeadline
    private var lastStream: Int32 = 0
    private var isLeaving = false

    /// - Parameter ageFactor: what the maximum age is multiplied by, near 1: connections that
    ///   were opened together do not come again together.
    init(opened: NIODeadline, spans: ConnectionSpans, ageFactor: Double) {
        self.opened = opened
        lastBusy = opened
        oldAt = spans.age.map {
            opened + .nanoseconds(Int64((Double($0.nanoseconds) * ageFactor).rounded()))
        }
    }

    /// Whether something is unsent and nothing of it was taken since the look before.
    var isStill: Bool { stalledSince != nil }

    /// Takes a look at `now`, and tells what is to be done; nil: nothing.
    mutating func look(_ sight: Sight, now: NIODeadline, spans: ConnectionSpans) -> Action? {
        if let reason = lateHandshake(sight, now, spans) { return .reject(reason) }
        if hasStalled(sight, now, spans) { return .reject(.stalled) }
        if let closeAt, closeAt <= now { return .close }
        // Age and idleness do not wait for an answer, so they come before the ping.
        if let departure = departure(sight, now, spans) {
            isLeaving = true
            if departure == .age { closeAt = spans.ageGrace.map { now + $0 } }
            return .drain(departure)
        }
        return keepalive(sight, now, spans)
    }

    // MARK: - The single clocks

    private mutating func lateHandshake(
        _ sight: Sight, _ now: NIODeadline, _ spans: ConnectionSpans
    ) -> ConnectionRejection? {
        if case .preface = handshake {
            guard sight.hasSettings else {
                return now - opened >= spans.handshake ? .prefaceTimeout : nil
            }
            handshake = .acknowledgement(since: now)
        }
        if case .acknowledgement(let since) = handshake {
            if sight.isAcknowledged {
                handshake = .done
            } else if now - since >= spans.handshake {
                return .settingsTimeout
            }
        }
        return nil
    }

    private mutating func hasStalled(
        _ sight: Sight, _ now: NIODeadline, _ spans: ConnectionSpans
    ) -> Bool {
        guard sight.owes, sight.progress == progress else {
            progress = sight.progress
            stalledSince = nil
            return false
        }
        guard let since = stalledSince else {
            stalledSince = now
            return false
        }
        return now - since >= spans.stall
    }

    private mutating func departure(
        _ sight: Sight, _ now: NIODeadline, _ spans: ConnectionSpans
    ) -> Departure? {
        if isLeaving { return nil }
        if let oldAt, oldAt <= now { return .age }
        guard let idle = spans.idle else { return nil }
        guard sight.openStreams == 0, sight.lastStream == lastStream else {
            lastStream = sight.lastStream
            lastBusy = now
            return nil
        }
        return now - lastBusy >= idle ? .idleness : nil
    }

    private mutating func keepalive(
        _ sight: Sight, _ now: NIODeadline, _ spans: ConnectionSpans
    ) -> Action? {
        if let since = pinged {
            if sight.lastRead < since {
                return now - since >= spans.keepaliveAnswer ? .abandon : nil
            }
            pinged = nil
        }
        guard now - sight.lastRead >= spans.keepalive else { return nil }
        pinged = now
        return .ping
    }
}
