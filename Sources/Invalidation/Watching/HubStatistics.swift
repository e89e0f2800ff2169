// What a hub has done so far; a plain value, any thread.

/// The counters of one hub.
package struct HubStatistics: Equatable, Sendable {
    /// How many watchers there are now.
    package var watchers = 0
    /// How many of them are served from the log: they resume, or are slow.
    package var replaying = 0
    /// How many different filters they have.
    package var groups = 0
    /// How many events were handed to sinks, counted once per watcher.
    package var eventsDelivered: UInt64 = 0
    /// How many resets were sent, for any reason.
    package var resets: UInt64 = 0
    /// How many times the feed overflowed and the log had to be read instead.
    package var overflows: UInt64 = 0
}
