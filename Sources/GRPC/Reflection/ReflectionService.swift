// Server reflection, v1 and v1alpha (grpc `doc/server-reflection.md`): the two differ only in
// their package.

/// Makes both services over the embedded descriptors.
package enum ReflectionService {
    /// Their full names.
    package static let names = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]

    /// Both versions; `services` is what ListServices answers.
    package static func make(services: [String]) -> [Service] {
        names.map { name in
            Service(
                name,
                methods: [
                    Method(
                        "ServerReflectionInfo",
                        .stream(clientStreaming: true) { call in
                            ReflectionHandler(call, services: services)
                        })
                ])
        }
    }
}
