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

    func dropUnsent() -> Int { call.dropUnsent() }
}

/// The rules for what a subscriber may ask.
enum WatchRules {
    static func filter(_ request: StreamInvalidationsRequest) throws(GRPCStatus) -> WatcherFilter {
        if request.patterns.count > ServiceLimits.patterns {
            throw .refused(
                .resourceExhausted, reason: "TOO_MANY_PATTERNS", field: "patterns",
                "must be at most \(ServiceLimits.patterns), and are \(request.patterns.count)")
        }
        let bytes = request.patterns.reduce(0) { $0 + $1.count }
        if bytes > ServiceLimits.patternBytes {
            throw .refused(
                .resourceExhausted, reason: "TOO_MANY_PATTERNS", field: "patterns",
                "must have at most \(ServiceLimits.patternBytes) bytes in all, and have \(bytes)")
        }
        var globs: [Glob] = []
        for (index, pattern) in request.patterns.enumerated() {
            globs.append(try RequestRules.glob(pattern, "patterns[\(index)]"))
        }
        try RequestRules.checkText(
            request.skipOriginId, most: ServiceLimits.originBytes, "skip_origin_id")
        return WatcherFilter(patterns: globs, skippedWriter: request.skipOriginId.array)
    }

    /// Nil for a subscriber that begins now.
    static func position(_ token: ByteView) throws(GRPCStatus) -> Position? {
        if token.isEmpty { return nil }
        do throws(ResumeTokenError) {
            return try ResumeToken.decode(token.bytes)
        } catch {
            throw .refused(
                reason: "INVALID_RESUME_TOKEN", field: "resume_token",
                "\(error.description): send one that a stream gave you, or none")
        }
    }

    static func heartbeat(_ proto: ProtoDuration?) throws(GRPCStatus) -> Duration {
        guard let proto else { return ServiceLimits.heartbeat.standard }
        guard let duration = RequestRules.duration(proto),
            duration >= ServiceLimits.heartbeat.least, duration <= ServiceLimits.heartbeat.most
        else {
            throw .refused(
                reason: "INVALID_HEARTBEAT", field: "heartbeat_interval",
                "must be from \(ServiceLimits.heartbeat.least) to \(ServiceLimits.heartbeat.most)")
        }
        return duration
    }
}
