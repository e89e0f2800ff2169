// How a server's address is written on the command line; a value.

import ArgumentParser

/// A host and a port.
struct ServerAddress: Equatable, Sendable, CustomStringConvertible {
    /// Where a server listens unless it is told otherwise.
    static let defaultPort = 50051

    var host: String
    var port: Int

    /// `host:port`, an IPv6 address in brackets.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// Reads `host:port`, `host`, `[::1]:port` or `[::1]`; without a port it is 50051. Throws a
    /// ValidationError that says what is wrong.
    static func parse(_ text: String) throws -> ServerAddress {
        if text.contains("/") {
            throw ValidationError("write it as HOST:PORT, without a scheme or a path")
        }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw ValidationError("the bracket of the IPv6 address is not closed")
            }
            let host = text[text.index(after: text.startIndex)..<end]
            return try make(host: host, rest: text[text.index(after: end)...])
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        if text[colon...].dropFirst().contains(":") {
            throw ValidationError("put an IPv6 address in brackets: [::1]:50051")
        }
        return try make(host: text[..<colon], rest: text[colon...])
    }

    private static func make(host: Substring, rest: Substring) throws -> ServerAddress {
        if host.isEmpty { throw ValidationError("the host is missing: 127.0.0.1:50051") }
        if rest.isEmpty { return ServerAddress(host: String(host), port: defaultPort) }
        guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65_535).contains(port)
        else { throw ValidationError("the port must be a number from 1 to 65535") }
        return ServerAddress(host: String(host), port: port)
    }
}
