// Decides which rejected connections are logged; a plain value with the time passed in.

/// At most one line for each peer and minute, and one for all peers that do not fit.
struct RejectionJournal: Sendable {
    /// A line to be logged.
    struct Line: Sendable {
        /// The peer's address; nil for peers that are not told apart.
        let peer: String?
        /// How many there were since the last line about the same.
        let count: Int
    }

    private struct Entry {
        var lastLine: Duration
        var unsaid = 0
    }

    private let interval: Duration
    private let capacity: Int
    private var peers: [String: Entry] = [:]
    private var others: Entry?
    private var lastSweep: Duration?

    /// `capacity` is how many peers are told apart.
    init(interval: Duration = .seconds(60), capacity: Int = 1_024) {
        self.interval = interval
        self.capacity = capacity
    }

    /// Takes note of a rejected connection. `now` counts from any fixed moment.
    mutating func note(peer: String, now: Duration) -> Line? {
        if peers[peer] == nil, peers.count >= capacity { sweep(now) }
        if peers[peer] != nil || peers.count < capacity {
            return count(&peers[peer], now).map { Line(peer: peer, count: $0) }
        }
        return count(&others, now).map { Line(peer: nil, count: $0) }
    }

    /// Counts one more; tells how many there are to be said, when it is time to say so.
    private func count(_ entry: inout Entry?, _ now: Duration) -> Int? {
        let unsaid = (entry?.unsaid ?? 0) + 1
        if let last = entry?.lastLine, now - last < interval {
            entry = Entry(lastLine: last, unsaid: unsaid)
            return nil
        }
        entry = Entry(lastLine: now)
        return unsaid
    }

    /// Forgets peers of which nothing is left to be held back; at most once an interval,
    /// because it looks at all of them. What was not said of them counts with the others.
    private mutating func sweep(_ now: Duration) {
        if let lastSweep, now - lastSweep < interval { return }
        lastSweep = now
        for (peer, entry) in peers where now - entry.lastLine >= interval {
            peers[peer] = nil
            if entry.unsaid > 0 {
                others = others ?? Entry(lastLine: now - interval)
                others?.unsaid += entry.unsaid
            }
        }
    }
}
