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
        watcher = state.hub.subscribe(
            filter, resumption: position, heartbeat: heartbeat, now: LoopState.uptime(.now()),
            sink: self)
        if state.isDraining { finishForShutdown() }
    }

    func writable() {
        if let watcher { state.hub.becameWritable(watcher) }
    }

    func draining(grace: Duration) {
        if !state.isDraining {
            state.isDraining = true
            state.hub.drainForShutdown(grace: grace)
        }
        finishForShutdown()
    }

    func closed(_ reason: GRPCStatus) {
        if let watcher { state.hub.unsubscribe(watcher) }
        watcher = nil
    }

    private func finishForShutdown() {
        if let watcher { state.hub.unsubscribe(watcher) }
        watcher = nil
        call.finish(
            .refused(
                .unavailable, reason: "DRAINING", field: "",
                "the server is going away: call again with the last resume_token"))
    }

    // MARK: - The hub's sink

    func send(_ payload: FramedMessage) -> Bool { call.send(payload) }
}
