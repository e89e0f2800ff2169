// What of a shard's feed is worth telling: each transition once; a value with the time passed in.

import NIOCore

/// Turns what a feed meets into what an operator hears.
struct FeedNews: Sendable {
    /// What to tell.
    enum News: Hashable, Sendable {
        case live
        case lost(RedisError)
        case refused(RedisError)
    }

    private enum Told {
        /// Nothing yet: a server that is not there is told of by its shard.
        case nothing
        case live
        case lost
        case refused
    }

    private let refusalLimit: TimeAmount
    private var told = Told.nothing
    private var since: NIODeadline?
    /// Why it is not live; nil when it is, or when nobody knows yet.
    private(set) var problem: RedisError?

    init(refusalLimit: Duration) {
        self.refusalLimit = TimeAmount(refusalLimit)
    }

    /// All of its partitions are live.
    mutating func becameLive() -> News? {
        problem = nil
        since = nil
        defer { told = .live }
        return told == .live ? nil : .live
    }

    /// There is no connection, or none any more.
    ///
    /// - Parameter isServing: Whether the shard serves all the same, so that nobody else tells of
    ///   it.
    mutating func met(_ error: RedisError, isServing: Bool, now: NIODeadline) -> News? {
        let lasts = note(error, now: now)
        switch told {
        case .live: break
        case .nothing: guard lasts, isServing else { return nil }
        case .lost, .refused: return nil
        }
        told = .lost
        return .lost(error)
    }

    /// The server refused something. A server that changes its place does so for a while: that is
    /// an error only where it lasts, or where waiting changes nothing.
    mutating func refused(_ error: RedisError, now: NIODeadline) -> News? {
        let lasts = note(error, now: now)
        if told != .refused, lasts || error.needsCorrection {
            told = .refused
            return .refused(error)
        }
        guard told == .live else { return nil }
        told = .lost
        return .lost(error)
    }

    /// Notes a problem; whether there has been one for long.
    private mutating func note(_ error: RedisError, now: NIODeadline) -> Bool {
        problem = error
        let began = since ?? now
        since = began
        return now - began >= refusalLimit
    }
}
