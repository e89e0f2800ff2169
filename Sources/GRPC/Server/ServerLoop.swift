// What the connections of one event loop share; touched on that loop only.

package import Messages
package import NIOCore
import TLS

/// One event loop's part of a server.
package final class ServerLoop {
    /// How often it looks at its connections for what is late: no connection has a timer.
    static let lookInterval = TimeAmount.seconds(1)

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
    /// The memory of its TLS connections.
    let tlsPool = TLSBufferPool()
    let sessionMemory = SessionMemory()
    let spans: ConnectionSpans
    /// Packs and unpacks the messages of all its connections.
    let codec = GzipCodec()
    /// Collects outgoing frames; its memory is used again once the channel has written it.
    var outgoing = ByteBuffer()
    /// Set once the server is going away: how long what is open may take.
    private(set) var grace: Duration?
    private var connections: [ObjectIdentifier: ServerConnectionHandler] = [:]
    private var gates: [ObjectIdentifier: HandshakeGate] = [:]
    private var jitter: JitterSource
    private var nextLook: Scheduled<Void>?
    private var nextSweep: NIODeadline
    /// Whether it looks at the clock: only while there are connections.
    var isLooking: Bool { nextLook != nil }

    /// - Parameter seed: a random number, for the ages of connections.
    init(index: Int, eventLoop: any EventLoop, shared: ServerShared, seed: UInt64) {
        self.index = index
        self.eventLoop = eventLoop
        self.shared = shared
        executor = LoopExecutor(eventLoop)
        arena = MessageArena(
            limitBytes: max(MessageArena.defaultLimitBytes, 2 * shared.limits.messageBytes))
        spans = ConnectionSpans(shared.limits)
        jitter = JitterSource(seed: seed)
        nextSweep = eventLoop.now
    }

    func add(_ connection: ServerConnectionHandler) {
        connections[ObjectIdentifier(connection)] = connection
        if nextLook == nil { scheduleLook() }
    }

    func remove(_ connection: ServerConnectionHandler) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        nextLook?.cancel()
        nextLook = nil
    }

    /// The clock of a connection that begins now.
    func times() -> ConnectionTimes {
        ConnectionTimes(opened: eventLoop.now, spans: spans, ageFactor: jitter.ageFactor())
    }

    func add(_ gate: HandshakeGate) { gates[ObjectIdentifier(gate)] = gate }

    func remove(_ gate: HandshakeGate) { gates[ObjectIdentifier(gate)] = nil }

    /// Tells every connection to finish; new ones finish as soon as they begin.
    func drain(grace: Duration) {
        self.grace = grace
        for gate in gates.values { gate.close() }
        for connection in connections.values { connection.drain(grace: grace) }
    }

    func cutShort() {
        for connection in connections.values { connection.cutShort() }
    }

    // MARK: - Looking at the clock

    private func scheduleLook() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        nextLook = eventLoop.scheduleTask(in: Self.lookInterval) { bound.value.look() }
    }

    /// Looks at every connection, and every eighth of the stall timeout at every call too.
    private func look() {
        let now = eventLoop.now
        let sweeping = nextSweep <= now
        if sweeping { nextSweep = now + .nanoseconds(spans.stall.nanoseconds / 8) }
        for connection in connections.values { connection.look(at: now, sweeping: sweeping) }
        if connections.isEmpty { nextLook = nil } else { scheduleLook() }
    }
}
