// What is configured for two levels; a value.

import Invalidation

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
}
