// What the connections of one event loop share; touched on that loop only.

package import Messages
package import NIOCore

/// One event loop's part of a server.
package final class ServerLoop {
    /// Which of the server's loops it is, from 0.
    package let index: Int
    /// The loop itself.
    package let eventLoop: any EventLoop
    /// Memory for decoding and encoding within one turn of a handler, which resets it.
    package let arena: MessageArena

    let executor: LoopExecutor
    /// What all loops of the server share.
    package let shared: ServerShared
    let pool = StreamPool()
    let sessionMemory = SessionMemory()
    /// Collects outgoing frames; its memory is used again once the channel has written it.
    var outgoing = ByteBuffer()
    /// Set once the server is going away: how long what is open may take.
    private(set) var grace: Duration?
    private var connections: [ObjectIdentifier: ServerConnectionHandler] = [:]

    init(index: Int, eventLoop: any EventLoop, shared: ServerShared) {
        self.index = index
        self.eventLoop = eventLoop
        self.shared = shared
        executor = LoopExecutor(eventLoop)
        arena = MessageArena(
            limitBytes: max(MessageArena.defaultLimitBytes, 2 * shared.limits.messageBytes))
    }

    func add(_ connection: ServerConnectionHandler) {
        connections[ObjectIdentifier(connection)] = connection
    }

    func remove(_ connection: ServerConnectionHandler) {
        connections[ObjectIdentifier(connection)] = nil
    }

    /// Tells every connection to finish; new ones finish as soon as they begin.
    func drain(grace: Duration) {
        self.grace = grace
        for connection in connections.values { connection.drain(grace: grace) }
    }

    func closeAll() {
        for connection in connections.values {
            connection.sendGoAway()
            connection.close()
        }
    }
}
