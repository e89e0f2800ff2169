// Owns the values the server runs with; a value type, read once at the start by the composition.

package import Logging
import NIOCore

/// How a log line is written.
package enum LogFormat: String, Sendable, Equatable, CaseIterable {
    /// `key=value` pairs, for people.
    case text
    /// One JSON object a line, for collectors.
    case json
}

/// Every setting of the server, with its default as the initial value.
///
/// ``SettingsTable`` gives each its name, its allowed range and its sentence of help.
package struct Settings: Sendable, Equatable {
    /// The address the gRPC port listens on.
    package var listenHost = "127.0.0.1"
    /// The gRPC port; 0 takes any free one.
    package var listenPort = 50_051
    /// How many event loops carry the connections.
    package var threads = System.coreCount
    /// The most bytes of entries kept in memory, over all namespaces.
    package var l1MaxBytes = 256 << 20
    /// The most entries of what shares the budget; 0 means that only bytes count.
    package var l1MaxEntries = 0
    /// How long an entry lives when neither its writer nor its namespace says so.
    package var defaultTTL = Duration.seconds(3_600)
    /// How long an expired entry may stay before a sweep takes it out and tells the watchers.
    package var cleanupInterval = Duration.seconds(60)
    /// The largest value a client may store, in bytes.
    package var maxValueBytes = 1 << 20
    /// The most keys in one batch call.
    package var maxBatchKeys = 1_000
    /// The largest message a client may send, in bytes.
    package var maxMessageBytes = 4 << 20
    /// The most calls open at once on one connection.
    package var maxConcurrentStreams = 1_000
    /// The most connections open at once.
    package var maxConnections = 10_000
    /// How many events each of the 256 partitions keeps for watchers that resume.
    package var invalidationHistory = 1_024
    /// How many bytes may wait for a watcher before the rest stays in the history.
    package var invalidationBufferBytes = 256 << 10
    /// How long calls in flight may take to finish once the server is told to stop.
    package var drainTimeout = Duration.seconds(10)
    /// The least severe level that is logged.
    package var logLevel = Logger.Level.info
    /// How a log line is written.
    package var logFormat = LogFormat.text
    /// The configured namespaces, by name; `default` is what is not in here.
    package var namespaces: [String: NamespaceSettings] = [:]

    /// The defaults.
    package init() {}

    /// What is left of ``l1MaxBytes`` for all that has no budget of its own.
    package var sharedBytes: Int {
        namespaces.values.reduce(l1MaxBytes) { $0 - ($1.maxBytes ?? 0) }
    }
}
