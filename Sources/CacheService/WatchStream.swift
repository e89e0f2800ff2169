// One StreamInvalidations call: between its request, the hub of its event loop and its answer.

import GRPC
import Invalidation
import Messages
import NIOCore

/// The hub's sink and the call's handler in one; event loop only.
final class WatchStream: ServerCallHandler, WatcherSink {
    private let call: ServerCall
    private let state: LoopState
    private let limits: ServiceLimits
    private var watcher: Watcher<WatchStream>?
    private var wish: Wish?

    /// What the subscriber asked for, until it is subscribed.
    private struct Wish {
        let filter: WatcherFilter
        let position: Position?
        let heartbeat: Duration
    }

    init(_ call: ServerCall, state: LoopState, limits: ServiceLimits) {
        self.call = call
        self.state = state
        self.limits = limits
    }

    // MARK: - The call

    func received(_ message: UnsafeRawBufferPointer) {
        let arena = call.loop.arena
        defer { arena.reset() }
        do throws(GRPCStatus) {
            try subscribe(try Self.decode(message, arena))
        } catch {
            call.finish(error)
        }
    }

    private static func decode(
        _ message: UnsafeRawBufferPointer, _ arena: MessageArena
    ) throws(GRPCStatus) -> StreamInvalidationsRequest {
        do throws(MessageError) {
            return try StreamInvalidationsRequest.decode(message, in: arena)
        } catch {
            throw GRPCStatus(error)
        }
    }

    private func subscribe(_ request: StreamInvalidationsRequest) throws(GRPCStatus) {
        let filter = try WatchRules.filter(request)
        let position = try WatchRules.position(request.resumeToken)
        let heartbeat = try WatchRules.heartbeat(request.heartbeatInterval)
        call.limitUnsent(toBytes: limits.watcherBytes)
        wish = Wish(filter: filter, position: position, heartbeat: heartbeat)
        if state.hub.isReady { return begin() }
        state.waiting.add(self, on: state.eventLoop)
    }

    /// The history is there: the stream is live, or goes on where the subscriber was.
    func begin() {
        guard let wish else { return }
        self.wish = nil
        watcher = state.hub.subscribe(
            wish.filter, resumption: wish.position, heartbeat: wish.heartbeat,
            now: LoopState.uptime(.now()), sink: self)
    }

    /// The history did not come in time.
    func historyIsMissing() {
        wish = nil
        call.finish(
            .refused(
                .unavailable, reason: "L2_UNAVAILABLE", field: "",
                "the history of changes cannot be had from Redis: try again, here or elsewhere",
                retryDelay: .seconds(1)))
    }

    func writable() {
        if let watcher { state.hub.becameWritable(watcher) }
    }

    func draining(grace: Duration) {
        if let watcher { state.hub.announceDraining(to: watcher, grace: grace) }
        end()
        call.finish(
            .draining("the connection ends: call again, elsewhere or here, with the resume_token"))
    }

    func closed(_ reason: GRPCStatus) { end() }

    private func end() {
        if wish != nil { state.waiting.remove(self) }
        wish = nil
        if let watcher { state.hub.unsubscribe(watcher) }
        watcher = nil
    }

    // MARK: - The hub's sink

    func send(_ payload: FramedMessage) -> Bool { call.send(payload) }
}
