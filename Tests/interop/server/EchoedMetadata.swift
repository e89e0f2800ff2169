// The metadata that the test clients want to see again; a value.

import GRPC

/// What a call's custom metadata asks the server to send back.
struct EchoedMetadata {
    private static let initialName = "x-grpc-test-echo-initial"
    private static let trailingName = "x-grpc-test-echo-trailing-bin"

    private(set) var trailers = Metadata()

    /// Sets the response headers of the call and keeps its trailers.
    init(_ call: ServerCall) {
        if let value = call.metadata[Self.initialName] {
            call.responseMetadata.add(Self.initialName, value)
        }
        if let bytes = call.metadata.bytes(Self.trailingName) {
            trailers.add(Self.trailingName, bytes: bytes)
        }
    }
}
