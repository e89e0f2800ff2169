// What a partition's feed does about each thing it hears; pure, its feed's loop only.

import Invalidation

/// Turns what a server says of one partition into its history: every event once and in order, or
/// a reset in between.
///
/// Live messages are heard first, then the server is asked where the partition stands (`adopt`).
/// The server appends to its log before it publishes, and answers on the connection that brings
/// the messages. So whatever was published before its answer is covered by the answer, and what
/// is missing is in the log, or lost.
struct PartitionFeedStateMachine {
    /// Something to ask the server; the answer comes to the method named for it.
    enum Request: Hashable {
        /// Where the partition stands: `adopted`.
        case adopt
        /// The newest events up to a revision, that first: `loaded`.
        case load(upTo: UInt64, count: Int)
        /// The events after a revision, oldest first: `read`.
        case read(after: UInt64, count: Int)
    }

    /// Something to tell the delegate.
    enum News {
        case began(FeedPlace, [InvalidationEvent])
        case events([InvalidationEvent], areFromLog: Bool)
        case reset(FeedPlace)
        /// Nothing is missing any more.
        case live
    }

    /// What to do, in this order.
    struct Step {
        var news: [News] = []
        var request: Request?
        /// Whether it was found that events are missing.
        var isGap = false
    }

    /// What to do about a message.
    enum Action {
        /// It waits, or is of no use.
        case none
        /// It is known already.
        case ignoreDuplicate
        /// It is the next event.
        case deliver
        case take(Step)
    }

    /// A part of the server's log.
    struct Batch {
        /// What could be read, up to the first entry that could not.
        var events: [InvalidationEvent]
        /// Whether there were fewer entries than asked for.
        var isLast: Bool
        /// Whether every entry was an event.
        var isReadable = true
    }

    private enum Phase {
        case detached
        /// Messages are heard; where the partition stands is not known yet.
        case attaching
        /// For the first time: the newest events up to this place are collected.
        case loading(FeedPlace)
        /// What is missing is read. The server said that there are events up to a revision, or
        /// only a message did.
        case reading(upTo: UInt64?)
        case live
    }

    /// The most entries of the log that are asked for at once.
    static let batchEvents = 500

    private var phase = Phase.detached
    /// How far the history was told; nil before the partition began.
    private(set) var place: FeedPlace?
    private var buffer = FeedBuffer()
    /// The newest events so far, the newest first.
    private var loaded: [InvalidationEvent] = []
    private let maxLoaded: Int
    /// Whether a message came that could not be read: it may have been the last.
    private var isSuspicious = false

    /// A partition that nothing is known of.
    ///
    /// - Parameter maxLoaded: How many of the newest events are wanted when it begins.
    init(maxLoaded: Int) {
        self.maxLoaded = maxLoaded
    }

    var isLive: Bool {
        if case .live = phase { true } else { false }
    }

    /// Messages can come from here on; `adopted` is to be called with what the server says after
    /// the subscription.
    mutating func attach() {
        detach()
        phase = .attaching
    }

    /// Nothing is heard any more.
    mutating func detach() {
        phase = .detached
        buffer.clear()
        loaded = []
        isSuspicious = false
    }

    /// A message came.
    mutating func received(_ event: InvalidationEvent, epoch: UInt64) -> Action {
        switch phase {
        case .detached:
            return .none
        case .attaching, .loading, .reading:
            buffer.add(event, epoch: epoch)
            return .none
        case .live:
            guard let place else { preconditionFailure("who is live has begun") }
            if epoch == place.epoch {
                if event.revision == place.revision + 1 {
                    self.place?.revision = event.revision
                    return .deliver
                }
                if event.revision <= place.revision { return .ignoreDuplicate }
            }
            buffer.add(event, epoch: epoch)
            return .take(settle(Step()))
        }
    }

    /// A message came that is no event.
    mutating func receivedMalformed() -> Step {
        if case .detached = phase { return Step() }
        isSuspicious = true
        return isLive ? settle(Step()) : Step()
    }

    /// The server was asked, in passing, where the partition stands (nil: it does not know it).
    /// All that was published before its answer has come, so a difference is a loss.
    mutating func audited(_ server: FeedPlace?) -> Step {
        guard isLive, server != place else { return Step() }
        isSuspicious = true
        return settle(Step())
    }

    /// The server said where the partition stands.
    mutating func adopted(_ server: FeedPlace) -> Step {
        guard case .attaching = phase else { return Step() }
        // It covers all that came before it.
        buffer.keep(upTo: server)
        isSuspicious = false
        guard let place else {
            guard server.revision > 0, maxLoaded > 0 else { return begin(at: server) }
            phase = .loading(server)
            return Step(request: loadRequest(upTo: server.revision))
        }
        guard server.epoch == place.epoch, server.revision >= place.revision else {
            return restart(at: server, Step())
        }
        if server.revision == place.revision { return settle(Step()) }
        phase = .reading(upTo: server.revision)
        return Step(request: readRequest(after: place.revision), isGap: true)
    }

    /// Newest events came, the newest first.
    mutating func loaded(_ batch: Batch) -> Step {
        guard case .loading(let target) = phase else { return Step() }
        var isEnough = batch.isLast || !batch.isReadable
        for event in batch.events {
            guard event.revision == target.revision - UInt64(loaded.count) else {
                isEnough = true
                break
            }
            loaded.append(event)
        }
        let next = target.revision - UInt64(loaded.count)
        if isEnough || next == 0 || loaded.count >= maxLoaded { return begin(at: target) }
        return Step(request: loadRequest(upTo: next))
    }

    /// Missing events came, the oldest first.
    mutating func read(_ batch: Batch) -> Step {
        guard case .reading(let target) = phase, var place else { return Step() }
        var count = 0
        while count < batch.events.count, batch.events[count].revision == place.revision + 1 {
            place.revision += 1
            count += 1
        }
        self.place = place
        var step = Step()
        if count > 0 {
            step.news = [.events(Array(batch.events.prefix(count)), areFromLog: true)]
        }
        let isBroken = count < batch.events.count || !batch.isReadable
        if !isBroken, !batch.isLast {
            step.request = readRequest(after: place.revision)
            return step
        }
        if let target, place.revision < target {
            // The server has had them, and its log has not.
            return restart(at: FeedPlace(epoch: place.epoch, revision: target), step)
        }
        // Whoever said that there is more: the server must know.
        if isBroken || count == 0 { isSuspicious = true }
        return settle(step)
    }

    private mutating func begin(at start: FeedPlace) -> Step {
        place = start
        defer { loaded = [] }
        return settle(Step(news: [.began(start, loaded.reversed())]))
    }

    private mutating func restart(at place: FeedPlace, _ step: Step) -> Step {
        var step = step
        self.place = place
        step.news.append(.reset(place))
        return settle(step)
    }

    /// All is told up to the place: is it all there is?
    private mutating func settle(_ step: Step) -> Step {
        guard let place else { preconditionFailure("what was told has a place") }
        var step = step
        if isSuspicious || (!buffer.isEmpty && buffer.epoch != place.epoch) {
            phase = .attaching
            step.request = .adopt
            step.isGap = true
            return step
        }
        buffer.drop(through: place.revision)
        if let first = buffer.events.first {
            guard first.revision == place.revision + 1 else {
                phase = .reading(upTo: nil)
                step.request = readRequest(after: place.revision)
                step.isGap = true
                return step
            }
            let events = buffer.take()
            self.place?.revision += UInt64(events.count)
            step.news.append(.events(events, areFromLog: false))
        }
        phase = .live
        step.news.append(.live)
        return step
    }

    private func loadRequest(upTo revision: UInt64) -> Request {
        .load(upTo: revision, count: min(Self.batchEvents, maxLoaded - loaded.count))
    }

    private func readRequest(after revision: UInt64) -> Request {
        .read(after: revision, count: Self.batchEvents)
    }
}
