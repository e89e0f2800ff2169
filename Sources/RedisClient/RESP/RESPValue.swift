// One reply of a Redis server as it was read; a value, any thread.

package import NIOCore

/// A RESP3 value (https://github.com/redis/redis-specifications, protocol/RESP3.md). Bytes are
/// slices of what was read: they are shared, not copied.
package enum RESPValue: Hashable, Sendable {
    /// A short text such as `OK`.
    case simpleString(ByteBuffer)
    /// A refusal.
    case error(RESPError)
    /// A whole number.
    case integer(Int64)
    /// Bytes; a verbatim string and a big number, too, without their marks.
    case blob(ByteBuffer)
    /// Nothing, in RESP3's notation and in both of RESP2's.
    case null
    /// A truth value.
    case boolean(Bool)
    /// A floating-point number.
    case double(Double)
    /// Values in an order; a set, too.
    case array([RESPValue])
    /// Keys and values in turn: an even number of them.
    case map([RESPValue])
}

/// What a server said instead of an answer.
package struct RESPError: Hashable, Sendable {
    /// The first word, such as `ERR`, `MOVED`, `WRONGTYPE`.
    package let code: String
    /// The rest of the line. It may hold a key: not for logs of namespaces that forbid keys.
    package let message: String

    /// An error as the two parts of its line.
    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
