// The methods of grpc.testing.TestService, as grpc `doc/interop-test-descriptions.md` has them.

import GRPC

enum TestService {
    static let name = "grpc.testing.TestService"

    /// All methods but UnimplementedCall, which must not be there.
    static func make() -> Service {
        Service(
            name,
            methods: [
                Method(
                    "EmptyCall",
                    .unary { _, reply in
                        _ = reply.reserve(0)
                        return .replied
                    }),
                Method("UnaryCall", .stream(clientStreaming: false) { UnaryCallHandler($0) }),
                Method(
                    "CacheableUnaryCall", .stream(clientStreaming: false) { UnaryCallHandler($0) }),
                Method("StreamingInputCall", .stream(clientStreaming: true) { InputHandler($0) }),
                Method(
                    "StreamingOutputCall",
                    .stream(clientStreaming: false) { OutputHandler($0, startsAtEnd: false) }),
                Method(
                    "FullDuplexCall",
                    .stream(clientStreaming: true) { OutputHandler($0, startsAtEnd: false) }),
                Method(
                    "HalfDuplexCall",
                    .stream(clientStreaming: true) { OutputHandler($0, startsAtEnd: true) }),
            ])
    }
}
