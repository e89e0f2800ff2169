// A service whose handlers ask for compression, and tell how their requests came.

import NIOCore

@testable import GRPC

/// Sends messages back: the first two packed where that helps, the others plain.
private final class PackingHandler: ServerCallHandler {
    private let call: ServerCall
    private var count = 0

    init(_ call: ServerCall) {
        self.call = call
        call.compressMessages()
    }

    func received(_ message: UnsafeRawBufferPointer) {
        count += 1
        call.send(FramedMessage(message), compressed: count <= 2)
    }

    func receivedEnd() { call.finish(.ok) }
}

enum PackingService {
    static func make(_ log: CallLog) -> Service {
        Service(
            "test.Packing",
            methods: [
                Method(
                    "Size",
                    .unary { request, reply in
                        let form = request.isCompressed ? "packed" : "plain"
                        log.note("\(request.message.count) \(form)")
                        _ = reply.reserve(0)
                        return .replied
                    }),
                Method(
                    "Reply",
                    .unary { request, reply in
                        reply.compress()
                        reply.reserve(request.message.count).copyMemory(from: request.message)
                        return .replied
                    }),
                Method(
                    "Later",
                    .unary { request, reply in
                        reply.compress()
                        let message = FramedMessage(request.message)
                        return .pending { () async throws(GRPCStatus) in message }
                    }),
                Method("Stream", .stream(clientStreaming: true) { PackingHandler($0) }),
            ])
    }
}
