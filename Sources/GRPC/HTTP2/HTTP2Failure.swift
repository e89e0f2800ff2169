// What goes wrong on a connection, in nghttp2's numbers and in HTTP/2's; plain values.

import CNghttp2

/// An error of nghttp2 that ends the connection.
struct HTTP2Failure: Error {
    let code: Int32
    var reason: String { String(cString: nghttp2_strerror(code)) }
}

/// Error codes of RFC 9113 section 7 that this project sends or tells apart.
enum HTTP2ErrorCode: UInt32 {
    case noError = 0x0
    case protocolError = 0x1
    case internalError = 0x2
    case flowControlError = 0x3
    case settingsTimeout = 0x4
    case streamClosed = 0x5
    case frameSizeError = 0x6
    case refusedStream = 0x7
    case cancel = 0x8
    case compressionError = 0x9
    case enhanceYourCalm = 0xb
}
