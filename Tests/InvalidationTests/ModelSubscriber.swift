// One subscriber of the random test.

import Testing

@testable import Invalidation

/// One subscriber: its filter, the last token it saw, and what may come next.
struct ModelSubscriber {
    let patterns: [String]
    let skipped: String
    var position: Position?
    var connection: (hub: HubFixture, watcher: Watcher<TestSink>, sink: TestSink)?
    private(set) var isLive = false

    private var resumption: Position?
    private var present: Position?
    private var mustStartAfresh = false

    init(patterns: [String], skipped: String) {
        self.patterns = patterns
        self.skipped = skipped
    }

    mutating func begin(at resumption: Position?, present: Position) {
        (self.resumption, self.present) = (resumption, present)
        (isLive, mustStartAfresh) = (false, false)
        if resumption == nil { position = present }
    }

    mutating func becameLive(_ isResumed: Bool, _ at: Position) {
        #expect(isResumed == (resumption != nil && !mustStartAfresh))
        if resumption == nil, !mustStartAfresh { #expect(at == present) }
        isLive = true
    }

    mutating func wasReset(_ reason: ResetReason, _ log: InvalidationLog) {
        switch reason {
        case .epochChanged where log.isShared:
            #expect(position?.epoch != log.epoch || resumption?.epoch != log.epoch)
        case .epochChanged: #expect(!isLive && resumption?.epoch != log.epoch)
        // A shared log may be in another epoch again by now.
        case .historyLost: #expect(resumption?.epoch == log.epoch || isLive || log.isShared)
        case .slowConsumer:
            #expect(isLive && isForgotten(by: log))
            // It hears again that it is live.
            isLive = false
        }
        mustStartAfresh = true
    }

    /// Whether the log no longer holds everything that came after the last token.
    private func isForgotten(by log: InvalidationLog) -> Bool {
        guard let position else { return false }
        return position.revisions.enumerated().contains { partition, revision in
            switch log.read(partition, after: revision, in: position.epoch, limit: 1) {
            case .lost, .otherEpoch: true
            case .events, .none: false
            }
        }
    }

    func wants(_ change: HubModel.Change) -> Bool {
        if !skipped.isEmpty, change.writer == skipped { return false }
        if patterns.isEmpty { return true }
        switch change.target {
        case .all: return true
        case .key(let key): return patterns.contains { NaiveGlob.matches($0, key) }
        case .pattern(let pattern):
            return patterns.contains { mine in
                guard let mine = try? Glob(mine), let its = try? Glob(pattern) else { return false }
                return mine.intersects(its)
            }
        }
    }
}
