// Owns the messages of gRPC health checking; on the arena's thread.

internal import CMessages
internal import CProtobufC

/// Whether a service answers. Open: a number this version does not know is kept.
package struct ServingStatus: RawRepresentable, Hashable, Sendable {
    /// The number on the wire.
    package var rawValue: Int32

    /// The value of this number, known or not.
    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// Not yet known.
    package static let unknown = ServingStatus(rawValue: 0)
    /// It answers.
    package static let serving = ServingStatus(rawValue: 1)
    /// It does not answer.
    package static let notServing = ServingStatus(rawValue: 2)
    /// There is no such service; only Watch says so.
    package static let serviceUnknown = ServingStatus(rawValue: 3)
}

/// `grpc.health.v1.HealthCheckRequest`: names a service.
package struct HealthCheckRequest: Equatable {
    /// Its full name; empty: the server as a whole.
    package var service = ByteView()

    /// All fields as proto3 defaults them.
    package init() {}
}

extension HealthCheckRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        grpc__health__v1__health_check_request__layout()
    }

    init(_ c: UnsafePointer<Grpc__Health__V1__HealthCheckRequest>) {
        service = ByteView(c.pointee.service)
    }

    func fill(_ c: inout Grpc__Health__V1__HealthCheckRequest, in arena: MessageArena) {
        c.service = arena.text(service)
    }
}

/// `grpc.health.v1.HealthCheckResponse`: the state of a service.
package struct HealthCheckResponse: Equatable {
    /// What the service is.
    package var status = ServingStatus.unknown

    /// All fields as proto3 defaults them.
    package init() {}
}

extension HealthCheckResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        grpc__health__v1__health_check_response__layout()
    }

    init(_ c: UnsafePointer<Grpc__Health__V1__HealthCheckResponse>) {
        status = ServingStatus(rawValue: Int32(bitPattern: c.pointee.status.rawValue))
    }

    func fill(_ c: inout Grpc__Health__V1__HealthCheckResponse, in arena: MessageArena) {
        c.status = Grpc__Health__V1__HealthCheckResponse__ServingStatus(rawValue: status.bits)
    }
}

/// `grpc.health.v1.HealthListRequest`: asks for every service.
package struct HealthListRequest: Equatable {
    /// All fields as proto3 defaults them.
    package init() {}
}

extension HealthListRequest: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        grpc__health__v1__health_list_request__layout()
    }

    init(_ c: UnsafePointer<Grpc__Health__V1__HealthListRequest>) {}

    func fill(_ c: inout Grpc__Health__V1__HealthListRequest, in arena: MessageArena) {}
}

/// `grpc.health.v1.HealthListResponse`: the state of every service.
package struct HealthListResponse: Equatable {
    /// By the service's full name; the empty name is the server as a whole.
    package var statuses: [ServiceHealth] = []

    /// One entry of the map.
    package struct ServiceHealth: Equatable {
        /// The service's full name.
        package var service: ByteView
        /// What it is.
        package var response: HealthCheckResponse

        /// A service and its state.
        package init(service: ByteView, response: HealthCheckResponse) {
            self.service = service
            self.response = response
        }
    }

    /// All fields as proto3 defaults them.
    package init() {}
}

extension HealthListResponse: BridgedMessage {
    static var layout: UnsafePointer<ProtobufCMessageDescriptor> {
        grpc__health__v1__health_list_response__layout()
    }

    init(_ c: UnsafePointer<Grpc__Health__V1__HealthListResponse>) {
        statuses = Array(c.pointee.n_statuses, at: c.pointee.statuses) { entry in
            ServiceHealth(
                service: ByteView(entry.pointee.key),
                response: HealthCheckResponse(entry.pointee.value) ?? HealthCheckResponse())
        }
    }

    func fill(_ c: inout Grpc__Health__V1__HealthListResponse, in arena: MessageArena) {
        c.n_statuses = statuses.count
        c.statuses = arena.list(statuses) { health in
            let entry = arena.zeroed(
                Grpc__Health__V1__HealthListResponse__StatusesEntry.self,
                layout: grpc__health__v1__health_list_response__statuses_entry__layout())
            entry.pointee.key = arena.text(health.service)
            entry.pointee.value = arena.make(health.response)
            return entry
        }
    }
}
