// Owns the reading of OpenSSL's error queue, which is the calling thread's own.

import COpenSSL

/// One entry of OpenSSL's error queue.
struct OpenSSLFailure {
    let library: Int32
    let reason: Int32

    /// OpenSSL's own words for it.
    let words: String
}

enum OpenSSLErrorQueue {
    /// Forgets what earlier calls left, so that the next sentence belongs to the next call.
    static func clear() {
        ERR_clear_error()
    }

    /// Takes the oldest error's sentence and forgets the rest.
    static func takeSentence() -> String {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0 else { return "OpenSSL gave no reason" }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            // OpenSSL ends the text with a NUL within the capacity it is told.
            ERR_error_string_n(number, buffer.baseAddress, buffer.count)
            return String(
                decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }

    /// Takes the oldest error, the one nearest to the cause, and forgets the rest.
    static func take() -> OpenSSLFailure? {
        let number = ERR_get_error()
        ERR_clear_error()
        guard number != 0 else { return nil }
        let words = ERR_reason_error_string(number).map { String(cString: $0) }
        return OpenSSLFailure(
            library: ERR_GET_LIB(number), reason: ERR_GET_REASON(number),
            words: words ?? "OpenSSL error \(number)")
    }
}
