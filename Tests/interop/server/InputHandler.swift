// One StreamingInputCall; event loop only.

import GRPC

/// Adds up the sizes of the payloads and answers once.
final class InputHandler: ServerCallHandler {
    private let call: ServerCall
    private let echoed: EchoedMetadata
    private var sum = 0

    init(_ call: ServerCall) {
        self.call = call
        echoed = EchoedMetadata(call)
    }

    func received(_ message: UnsafeRawBufferPointer) {
        do throws(GRPCStatus) {
            let request = try InputRequest(message)
            try CompressionCheck.check(request.expectsCompressed, call)
            sum += request.payloadBytes
        } catch {
            call.finish(error, trailers: echoed.trailers)
        }
    }

    func receivedEnd() {
        var fields = FieldWriter()
        fields.write(1, varint: UInt64(sum))
        call.send(FramedMessage(fields.bytes))
        call.finish(.ok, trailers: echoed.trailers)
    }
}
