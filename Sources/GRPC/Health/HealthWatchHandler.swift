// One call of Health.Watch; event loop only.

import Messages
import NIOCore

/// One Watch: the status now, and each change of it.
final class HealthWatchHandler: ServerCallHandler {
    private let call: ServerCall
    private let registry: HealthRegistry
    private var listener: UInt64?

    init(_ call: ServerCall, _ registry: HealthRegistry) {
        self.call = call
        self.registry = registry
    }

    func received(_ message: UnsafeRawBufferPointer) {
        let arena = call.loop.arena
        defer { arena.reset() }
        do throws(MessageError) {
            let request = try HealthCheckRequest.decode(message, in: arena)
            let bound = NIOLoopBound(self, eventLoop: call.loop.eventLoop)
            let eventLoop = call.loop.eventLoop
            let (id, status) = registry.listen(to: request.service.string) { status in
                eventLoop.execute { bound.value.send(status) }
            }
            listener = id
            send(status ?? .serviceUnknown)
        } catch {
            call.finish(GRPCStatus(error))
        }
    }

    /// A watcher that does not read gets the later changes only: the last one counts.
    private func send(_ status: ServingStatus) {
        _ = call.dropUnsent()
        var response = HealthCheckResponse()
        response.status = status
        call.send(FramedMessage { response.encode(in: call.loop.arena, reserve: $0) })
        call.loop.arena.reset()
    }

    func draining(grace: Duration) {
        call.finish(GRPCStatus(.unavailable, "the server is going away: call another instance"))
    }

    func closed(_ reason: GRPCStatus) {
        if let listener { registry.remove(listener) }
    }
}
