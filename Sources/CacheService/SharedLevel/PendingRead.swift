// One read that waits for the shared level; its event loop only.

import CacheEngine
import GRPC
import NIOCore
import RedisClient
import Synchronization

/// Who asked for a read.
protocol ReadSink: SendableMetatype {
    /// Takes the answer; called once.
    func finish(_ answer: consuming ReadAnswer)

    /// Takes the object of a read that is over, for another one.
    func recycle(_ read: PendingRead<Self>)
}

/// A read on its way, in an object that is used again: a Get that memory cannot answer is made
/// for nearly every call where memory is off.
final class PendingRead<Sink: ReadSink>: @unchecked Sendable {  // used on its event loop only
    /// nil: it is over, or has not begun.
    private var question: Question<Sink>?

    func begin(_ question: consuming Question<Sink>) {
        precondition(self.question == nil, "one read at a time")
        self.question = consume question
    }

    /// What the shared level says to this read alone.
    func received(_ reply: Result<RESPValue, RedisError>) {
        let question = takeQuestion()
        question.received(reply)
        question.sink.recycle(self)
    }

    /// What the shared level says to this read and to those who joined it: memory gets it, too.
    func received(_ reply: Result<RESPValue, RedisError>, for fill: Fill) {
        let question = takeQuestion()
        question.received(reply, for: fill)
        question.sink.recycle(self)
    }

    /// What came of the read that this one joined.
    func joined(_ outcome: Result<CacheEntry?, any Error>, key: [UInt8]) {
        let question = takeQuestion()
        question.joined(outcome, key: key)
        question.sink.recycle(self)
    }

    private func takeQuestion() -> Question<Sink> {
        guard let question = question.take() else { preconditionFailure("the read is over") }
        return question
    }
}

/// What is known of a read until its answer comes. Not to be copied: each part is a reference.
struct Question<Sink: ReadSink>: ~Copyable {
    let level: SharedLevel
    let namespace: SharedNamespace
    /// The event loop, by its index.
    let loop: Int
    /// When the call came. What is found is judged by that: it was there when it was asked for.
    let now: Timestamp
    let deadline: NIODeadline?
    let sink: Sink

    private var counters: SharedCounters { namespace.counters[loop] }

    fileprivate func received(_ reply: Result<RESPValue, RedisError>) {
        switch namespace.pool.store.entry(in: reply) {
        case .success(let stored?):
            let counters = counters
            counters.l2Hits.count()
            guard stored.isUsable(now) else { return finishAbsent() }
            counters.hits.count()
            sink.finish(.stored(consume stored))
        case .success:
            counters.l2Misses.count()
            finishAbsent()
        case .failure(let error):
            counters.l2Errors.count()
            finish(error, key: nil)
        }
    }

    fileprivate func received(_ reply: Result<RESPValue, RedisError>, for fill: Fill) {
        switch namespace.pool.store.entry(in: reply) {
        case .success(let stored?) where stored.isUsable(now):
            let counters = counters
            counters.l2Hits.count()
            counters.hits.count()
            let entry = land(fill, stored)
            // What was unpacked to be checked need not be unpacked again.
            sink.finish(entry.isCompressed ? .stored(stored) : .entry(entry, .sharedLevel))
        case .success(let stored):
            if stored == nil { counters.l2Misses.count() } else { counters.l2Hits.count() }
            level.engine.finish(fill, .success(nil))
            finishAbsent()
        case .failure(let error):
            counters.l2Errors.count()
            level.engine.finish(fill, .failure(error))
            finish(error, key: fill.key)
        }
    }

    fileprivate func joined(_ outcome: Result<CacheEntry?, any Error>, key: [UInt8]) {
        switch outcome {
        case .success(let entry?):
            counters.hits.count()
            sink.finish(.entry(entry, .sharedLevel))
        case .success(nil): finishAbsent()
        case .failure(let error):
            finish(
                error as? RedisError ?? RedisError(.closed, "the look-up was given up"), key: key)
        }
    }

    private func land(_ fill: Fill, _ stored: StoredEntry) -> CacheEntry {
        let stamp = SharedStamp(
            version: stored.version, createdAt: stored.createdAt, expiresAt: stored.expiresAt,
            softExpiresAt: stored.softExpiresAt,
            heldUntil: namespace.mayHold(stored) ? now + namespace.heldFor : now)
        return fill.key.withUnsafeBytes { key in
            stored.withDraft(key: key, ttl: .inherited) {
                level.engine.land(fill, $0, stamp, now: now)
            }
        }
    }

    private func finishAbsent() {
        counters.misses.count()
        sink.finish(.absent)
    }

    /// Does what the namespace does without an answer; `key` where memory may have one.
    private func finish(_ error: RedisError, key: [UInt8]?) {
        switch namespace.policy.onFailure {
        case .error: sink.finish(.failed(namespace.status(error, deadline: deadline)))
        case .bypass: finishAbsent()
        case .serveL1:
            let old = key?.withUnsafeBytes {
                level.engine.suspendedEntry($0, now: level.clock.now())
            }
            guard let old else { return finishAbsent() }
            counters.hits.count()
            sink.finish(.entry(old, .memoryPastItsTime))
        }
    }
}

extension StoredEntry {
    /// Whether it is an answer: there is a value, and its time was not up by our clock.
    func isUsable(_ now: Timestamp) -> Bool { !isNegative && expiresAt > now }
}
