// Owns the state of an instance; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// `cachemanager.v1.InstanceStats`: the instance that answers.
package struct InstanceStats: Equatable {
    /// `embedded` when it runs alone; else what the shared level is, for people.
    package var mode = ByteView()
    /// The version of the program.
    package var version = ByteView()
    /// When it started.
    package var startedAt: ProtoTimestamp?
    /// Open connections.
    package var connections: UInt64 = 0
    /// Open invalidation streams.
    package var watchers: UInt64 = 0
    /// Events sent to all of them so far.
    package var eventsDelivered: UInt64 = 0
    /// Events in the history that can be resumed from.
    package var historyEvents: UInt64 = 0
    /// How often a stream was told to start afresh.
    package var resets: UInt64 = 0
    /// Connections turned away or ended against their peers' will, by reason.
    package var rejectedConnections: [RejectedConnections] = []

    /// All fields as proto3 defaults them.
    package init() {}
}

extension InstanceStats: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        cachemanager__v1__instance_stats__layout()
    }

    init(_ c: UnsafePointer<Cachemanager__V1__InstanceStats>) {
        mode = ByteView(c.pointee.mode)
        version = ByteView(c.pointee.version)
        startedAt = ProtoTimestamp(c.pointee.started_at)
        connections = c.pointee.connections
        watchers = c.pointee.watchers
        eventsDelivered = c.pointee.events_delivered
        historyEvents = c.pointee.history_events
        resets = c.pointee.resets
        rejectedConnections = Array(
            c.pointee.n_rejected_connections, at: c.pointee.rejected_connections
        ) { RejectedConnections(element: $0) }
    }

    func fill(_ c: inout Cachemanager__V1__InstanceStats, in arena: MessageArena) {
        c.mode = arena.text(mode)
        c.version = arena.text(version)
        c.started_at = arena.makeIfPresent(startedAt)
        c.connections = connections
        c.watchers = watchers
        c.events_delivered = eventsDelivered
        c.history_events = historyEvents
        c.resets = resets
        c.n_rejected_connections = rejectedConnections.count
        c.rejected_connections = arena.list(rejectedConnections) { arena.make($0) }
    }
}
