// What a client is made of: where the servers are, and how to talk to them; a value.

extension CacheClient {
    /// How to reach a cache.
    ///
    /// ```swift
    /// var configuration = CacheClient.Configuration(servers: ["cache-1:50051", "cache-2:50051"])
    /// configuration.timeout = .milliseconds(250)
    /// configuration.tls = .init(caFile: "/etc/cache/ca.pem")
    /// ```
    public struct Configuration: Sendable, Hashable {
        /// `host:port` each, an IPv6 address in brackets; without a port it is 50051. A name may
        /// stand for several addresses. Calls go to all of them in turn.
        public var servers: [String]
        /// TLS; nil: the connections are in the clear.
        public var tls: TLS?
        /// How long a call may take unless it is said otherwise.
        public var timeout: Duration = .seconds(5)
        /// How long one attempt to connect may take.
        public var connectTimeout: Duration = .seconds(5)
        /// How long a server may be silent before it is asked whether it is still there, at least
        /// ten seconds; nil: it is not asked. Servers take much more often than every five
        /// minutes amiss, unless they are configured to bear it.
        public var keepalive: Duration?
        /// The name of this writer, 1 to 128 printable ASCII characters: events of its writes
        /// carry it, and ``CacheClient/watch(_:from:heartbeat:skippingOrigin:)`` can leave them
        /// out.
        public var originID: String?

        /// The defaults for these servers.
        public init(servers: [String]) { self.servers = servers }
    }

    /// How to trust a server, and how to be trusted by it. Files are PEM.
    public struct TLS: Sendable, Hashable {
        /// The certificates that a server's must lead to; nil: those the system trusts.
        public var caFile: String?
        /// This client's certificate, and those between it and its root; nil: none is shown.
        public var certificateFile: String?
        /// The key of this client's certificate.
        public var keyFile: String?
        /// The name that a server's certificate must hold; nil: the host of its address.
        public var serverName: String?

        /// By default, what the system trusts.
        public init(
            caFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
            serverName: String? = nil
        ) {
            self.caFile = caFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.serverName = serverName
        }
    }
}

extension CacheClient.Configuration {
    /// Where the servers are. Throws what is wrong with this configuration.
    func checked() throws(CacheError) -> [ServerAddress] {
        if servers.isEmpty { throw CacheError(.invalidArgument, "servers: name at least one") }
        if timeout <= .zero || connectTimeout <= .zero {
            throw CacheError(.invalidArgument, "timeouts must be more than zero")
        }
        if let originID {
            let isPrintable = originID.utf8.allSatisfy { (0x20...0x7E).contains($0) }
            if !isPrintable || !(1...128).contains(originID.utf8.count) {
                throw CacheError(
                    .invalidArgument, "originID must be 1 to 128 printable ASCII characters")
            }
        }
        if let tls, (tls.certificateFile == nil) != (tls.keyFile == nil) {
            throw CacheError(.invalidArgument, "a certificate and its key go together")
        }
        var addresses: [ServerAddress] = []
        for server in servers { addresses.append(try ServerAddress(server)) }
        return addresses
    }
}
