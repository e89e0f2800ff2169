// The few messages of grpc/testing/messages.proto, as far as the server needs them; values.

import GRPC
import Messages

/// A SimpleRequest.
struct SimpleRequest {
    private(set) var responseBytes = 0
    private(set) var wantsUsername = false
    private(set) var wantsScope = false
    private(set) var wantsCompressed: Bool?
    private(set) var expectsCompressed: Bool?
    private(set) var status: GRPCStatus?

    init(_ bytes: UnsafeRawBufferPointer) throws(GRPCStatus) {
        for field in try FieldReader.fields(bytes) {
            switch field.number {
            case 2: responseBytes = field.int32
            case 4: wantsUsername = field.value != 0
            case 5: wantsScope = field.value != 0
            case 6: wantsCompressed = try FieldReader.boolValue(field)
            case 7: status = try FieldReader.status(field)
            case 8: expectsCompressed = try FieldReader.boolValue(field)
            default: break
            }
        }
    }
}

/// A StreamingInputCallRequest.
struct InputRequest {
    private(set) var payloadBytes = 0
    private(set) var expectsCompressed: Bool?

    init(_ bytes: UnsafeRawBufferPointer) throws(GRPCStatus) {
        for field in try FieldReader.fields(bytes) {
            switch field.number {
            case 1:
                for part in try FieldReader.fields(field.payload) where part.number == 2 {
                    payloadBytes = part.payload.count
                }
            case 2: expectsCompressed = try FieldReader.boolValue(field)
            default: break
            }
        }
    }
}

/// A StreamingOutputCallRequest.
struct OutputRequest {
    private(set) var responses: [ResponseParameters] = []
    private(set) var status: GRPCStatus?

    init(_ bytes: UnsafeRawBufferPointer) throws(GRPCStatus) {
        for field in try FieldReader.fields(bytes) {
            switch field.number {
            case 2: responses.append(try ResponseParameters(field.payload))
            case 7: status = try FieldReader.status(field)
            default: break
            }
        }
    }
}

/// A ResponseParameters.
struct ResponseParameters {
    private(set) var bytes = 0
    var interval = Duration.zero
    private(set) var isCompressed: Bool?

    init(_ bytes: UnsafeRawBufferPointer) throws(GRPCStatus) {
        for field in try FieldReader.fields(bytes) {
            switch field.number {
            case 1: self.bytes = field.int32
            case 2: interval = .microseconds(field.int32)
            case 3: isCompressed = try FieldReader.boolValue(field)
            default: break
            }
        }
    }
}

/// The payloads of responses: nothing but zeros, of type COMPRESSABLE.
enum Payload {
    /// The largest that is made.
    private static let maxBytes = 16 << 20

    /// A response message whose first field is a payload, as all of them have it; the second
    /// are the caller's name and scope, in the one that has them.
    static func response(
        ofSize size: Int, username: String? = nil, scope: String? = nil
    ) throws(GRPCStatus) -> FramedMessage {
        guard (0...maxBytes).contains(size) else {
            throw GRPCStatus(.invalidArgument, "size: must be 0 to \(maxBytes)")
        }
        var payload = FieldWriter()
        if size > 0 { payload.write(2, bytes: [UInt8](repeating: 0, count: size)) }
        var response = FieldWriter()
        response.write(1, bytes: payload.bytes)
        if let username { response.write(2, bytes: Array(username.utf8)) }
        if let scope { response.write(3, bytes: Array(scope.utf8)) }
        return FramedMessage(response.bytes)
    }
}
