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
    }

    func writable() {
        if let watcher { state.hub.becameWritable(watcher) }
    }

    func draining(grace: Duration) {
        if let watcher {
            state.hub.announceDraining(to: watcher, grace: grace)
            state.hub.unsubscribe(watcher)
        }
        watcher = nil
        call.finish(
            .draining("the connection ends: call again, elsewhere or here, with the resume_token"))
    }

    func closed(_ reason: GRPCStatus) {
        if let watcher { state.hub.unsubscribe(watcher) }
        watcher = nil
    }

    // MARK: - The hub's sink

    func send(_ payload: FramedMessage) -> Bool { call.send(payload) }
}
