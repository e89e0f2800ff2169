// What a server says of itself in answer to HELLO; a value, any thread.

import NIOCore

/// The answer to HELLO.
package struct RedisGreeting: Hashable, Sendable {
    /// The server's version, such as `7.0.15`.
    package var version = ""
    /// `standalone`, `cluster` or `sentinel`.
    package var mode = ""
    /// `master` or `replica`.
    package var role = ""
    /// The connection's number at the server.
    package var clientID: Int64 = 0

    init() {}

    /// What the keys and values of the answer say; what is missing stays empty.
    init(_ pairs: [RESPValue]) {
        for index in stride(from: 0, to: pairs.count - 1, by: 2) {
            guard case .blob(let key) = pairs[index] else { continue }
            switch (String(buffer: key), pairs[index + 1]) {
            case ("version", .blob(let value)): version = String(buffer: value)
            case ("mode", .blob(let value)): mode = String(buffer: value)
            case ("role", .blob(let value)): role = String(buffer: value)
            case ("id", .integer(let value)): clientID = value
            default: break
            }
        }
    }
}
