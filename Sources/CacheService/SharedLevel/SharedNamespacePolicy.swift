// What is configured of a namespace for two levels; values.

package import CacheEngine

/// How a namespace uses the two levels.
package struct SharedNamespacePolicy: Hashable, Sendable {
    /// When a write is acknowledged.
    package enum Writes: String, Hashable, Sendable, CaseIterable {
        /// When the shared level has it.
        case sync
        /// At once: it is sent to the shared level later, and lost if the process crashes before.
        case async
    }

    /// What happens when the shared level does not answer.
    package enum FailureMode: String, Hashable, Sendable, CaseIterable {
        /// The call fails, unless memory has the answer.
        case error
        /// A read is a miss, and a set is not made.
        case bypass
        /// Memory answers for as long as it has something; writes are sent later.
        case serveL1 = "serve_l1"
    }

    /// Which servers are read.
    package enum ReadFrom: String, Hashable, Sendable, CaseIterable {
        /// The one that takes the writes.
        case master
        /// Those that follow it, and may be behind.
        case replica
    }

    /// Which changes are told to the other instances and to subscribers.
    package enum Events: String, Hashable, Sendable, CaseIterable {
        /// All of them.
        case all
        /// None: memory forgets by time alone.
        case none
    }

    /// Its pool, by the index in those that the level was made with.
    package var pool = 0
    /// Whether memory holds its entries.
    package var usesL1 = true
    /// How long memory may hold an entry.
    package var l1TTL: Duration = .seconds(300)
    /// How long entries live where a call does not say; nil: for good.
    package var ttl: Duration?
    /// How the times to live are bent.
    package var lifetime = LifetimeRules()
    /// When a write is acknowledged.
    package var writes = Writes.sync
    /// What happens when the shared level does not answer.
    package var onFailure = FailureMode.error
    /// Which servers are read.
    package var readFrom = ReadFrom.master
    /// Which changes are told.
    package var events = Events.all

    /// The defaults.
    package init() {}
}
