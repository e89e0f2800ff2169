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
            if request.service.count > HealthRegistry.nameBytes {
                let sentence = "must have at most \(HealthRegistry.nameBytes) bytes"
                return call.finish(
                    .refused(reason: "INVALID_SERVICE", field: "service", sentence))
            }
            let bound = NIOLoopBound(self, eventLoop: call.loop.eventLoop)
            let eventLoop = call.loop.eventLoop
            let (registry, service) = (registry, request.service.string)
            listener = registry.listen(to: service) {
                // Looked up on the loop: two changes at once may come in either order.
                eventLoop.execute { bound.value.send(registry.status(of: service)) }
            }
            send(registry.status(of: service))
        } catch {
            call.finish(GRPCStatus(error))
        }
    }

    /// A watcher that does not read gets the later changes only: the last one counts.
    private func send(_ status: ServingStatus?) {
        _ = call.dropUnsent()
        var response = HealthCheckResponse()
        response.status = status ?? .serviceUnknown
        call.send(FramedMessage { response.encode(in: call.loop.arena, reserve: $0) })
        call.loop.arena.reset()
    }

    func draining(grace: Duration) {
        call.finish(.draining("the connection ends: call again, elsewhere or here"))
    }

    func closed(_ reason: GRPCStatus) {
        if let listener { registry.remove(listener) }
    }
}
