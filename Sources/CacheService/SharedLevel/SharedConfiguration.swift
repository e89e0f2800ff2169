// What is configured for two levels; a value.

import Invalidation
import NIOCore

/// What is configured for two levels.
package struct SharedConfiguration: Sendable {
    /// How the default namespace uses the levels.
    package var standard = SharedNamespacePolicy()
    /// The configured namespaces by name; `default` is ``standard``.
    package var namespaces: [String: SharedNamespacePolicy] = [:]
    /// How long memory answers once nothing is heard of the changes.
    package var maxStaleness: Duration = .seconds(5)
    /// The longest that one step in the shared level takes.
    package var timeout: Duration = .seconds(5)
    /// How long a walk over all keys may take, where its caller does not say.
    package var walkTimeout: Duration = .seconds(600)
    /// How many of a partition's newest events are read when its feed begins.
    package var ringEvents = InvalidationLog.defaultEventsPerPartition
    /// What writes that are sent later may take.
    package var writeBehind = WriteBehindLimits()

    /// The defaults.
    package init() {}

    /// What a call keeps of its time, a tenth of it at most, to say what it does without Redis:
    /// a miss, or what memory has, is no use to a caller that has given up.
    private static let answerMargin = TimeAmount.milliseconds(100)

    /// When a step must have its answer that begins now; `call` is when its caller gives up.
    func deadline(_ call: NIODeadline?, now: NIODeadline) -> NIODeadline {
        let own = now + TimeAmount(timeout)
        guard let call else { return own }
        let tenth = TimeAmount.nanoseconds(max(0, (call - now).nanoseconds / 10))
        return min(own, call - min(tenth, Self.answerMargin))
    }
}
