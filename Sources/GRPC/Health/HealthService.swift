// The service `grpc.health.v1.Health` (grpc `doc/health-checking.md`).

import Messages

/// Makes the service from a registry.
package enum HealthService {
    /// Its full name.
    package static let name = "grpc.health.v1.Health"

    /// Check, List and Watch over a registry.
    package static func make(_ registry: HealthRegistry) -> Service {
        Service(
            name,
            methods: [
                Method("Check", .unary { check(registry, $0, $1) }),
                Method("List", .unary { list(registry, $0, $1) }),
                Method(
                    "Watch",
                    .stream(clientStreaming: false) { HealthWatchHandler($0, registry) }),
            ])
    }

    private static func check(
        _ registry: HealthRegistry, _ request: borrowing UnaryRequest, _ reply: UnaryReply
    ) -> UnaryOutcome {
        let arena = request.loop.arena
        defer { arena.reset() }
        do throws(MessageError) {
            let message = try HealthCheckRequest.decode(request.message, in: arena)
            guard let status = registry.status(of: message.service.string) else {
                return .failed(
                    .refused(
                        .notFound, reason: "UNKNOWN_SERVICE", field: "service",
                        "is not served here; List tells the known ones"))
            }
            var response = HealthCheckResponse()
            response.status = status
            response.encode(in: arena, reserve: reply.reserve)
            return .replied
        } catch {
            return .failed(GRPCStatus(error))
        }
    }

    private static func list(
        _ registry: HealthRegistry, _ request: borrowing UnaryRequest, _ reply: UnaryReply
    ) -> UnaryOutcome {
        let arena = request.loop.arena
        defer { arena.reset() }
        var response = HealthListResponse()
        response.statuses = registry.all().sorted { $0.key < $1.key }.map { service, status in
            var health = HealthCheckResponse()
            health.status = status
            return .init(service: arena.copy(service), response: health)
        }
        response.encode(in: arena, reserve: reply.reserve)
        return .replied
    }
}
