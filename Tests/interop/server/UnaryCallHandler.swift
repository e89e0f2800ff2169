// One UnaryCall; event loop only.

import GRPC

final class UnaryCallHandler: ServerCallHandler {
    private let call: ServerCall
    private let echoed: EchoedMetadata

    init(_ call: ServerCall) {
        self.call = call
        echoed = EchoedMetadata(call)
    }

    func received(_ message: UnsafeRawBufferPointer) {
        do throws(GRPCStatus) {
            let request = try SimpleRequest(message)
            try CompressionCheck.check(request.expectsCompressed, call)
            if let status = request.status { throw status }
            if request.wantsCompressed == true { call.compressMessages() }
            let token = BearerToken.of(call)
            call.send(
                try Payload.response(
                    ofSize: request.responseBytes,
                    username: request.wantsUsername ? token?.iss : nil,
                    scope: request.wantsScope ? token?.scope : nil))
            call.finish(.ok, trailers: echoed.trailers)
        } catch {
            call.finish(error, trailers: echoed.trailers)
        }
    }
}
