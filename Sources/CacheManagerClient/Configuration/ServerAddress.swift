// How a server's address is written; a value.

/// A host and a port.
package struct ServerAddress: Equatable, Sendable, CustomStringConvertible {
    /// Where a server listens unless it is told otherwise.
    package static let defaultPort = 50051

    /// A name, or an IP address without brackets.
    package var host: String
    /// The TCP port.
    package var port: Int

    /// An address in its parts.
    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, an IPv6 address in brackets.
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Reads `host:port`, `host`, `[::1]:port` or `[::1]`; without a port it is 50051. Throws
    /// INVALID_ARGUMENT with how to write it.
    package init(_ text: String) throws(CacheError) {
        if text.contains("/") {
            throw Self.wrong("write it as HOST:PORT, without a scheme or a path")
        }
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else {
                throw Self.wrong("the bracket of the IPv6 address is not closed")
            }
            let host = text[text.index(after: text.startIndex)..<end]
            try self.init(host, rest: text[text.index(after: end)...])
            return
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        if text[colon...].dropFirst().contains(":") {
            throw Self.wrong("put an IPv6 address in brackets: [::1]:50051")
        }
        try self.init(text[..<colon], rest: text[colon...])
    }

    private init(_ host: Substring, rest: Substring) throws(CacheError) {
        if host.isEmpty { throw Self.wrong("the host is missing: 127.0.0.1:50051") }
        if rest.isEmpty {
            self.init(host: String(host), port: Self.defaultPort)
            return
        }
        guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65_535).contains(port)
        else { throw Self.wrong("the port must be a number from 1 to 65535") }
        self.init(host: String(host), port: port)
    }

    private static func wrong(_ sentence: String) -> CacheError {
        CacheError(.invalidArgument, sentence)
    }
}
