// The public face of the library: one cache, its calls and its end; safe to use from any task.

import GRPC

/// A cache, from the point of view of a program that uses it.
///
/// ```swift
/// let cache = try CacheClient("127.0.0.1:50051")
/// try await cache.set("user:123", Array("Ada".utf8), ttl: .seconds(300))
/// let entry = try await cache.get("user:123")
/// await cache.close()
/// ```
///
/// It connects with the first call, spreads the calls over all servers, and connects again by
/// itself whenever it must. Copies share the connections: make one client per process and hand
/// it around. The last copy to go closes them.
public struct CacheClient: Sendable {
    /// How long a call may take, waiting for a connection included. A copy may have another one:
    ///
    /// ```swift
    /// var hasty = cache
    /// hasty.timeout = .milliseconds(50)
    /// ```
    ///
    /// Reading and writing many entries may take several calls; each may take so long.
    public var timeout: Duration

    let core: ClientCore

    /// A client of the servers of a configuration. Nothing is sent yet.
    ///
    /// - Throws: `INVALID_ARGUMENT` when the configuration cannot work, with what is wrong.
    public init(_ configuration: Configuration) throws(CacheError) {
        core = try ClientCore(configuration)
        timeout = configuration.timeout
    }

    /// A client of the servers `host:port`, with everything else as ``Configuration`` has it.
    ///
    /// - Throws: `INVALID_ARGUMENT` when one of them is no address.
    public init(_ servers: String...) throws(CacheError) {
        try self.init(Configuration(servers: servers))
    }

    /// Ends every watch and closes every connection, for all copies. Calls in flight, and later
    /// ones, throw `UNAVAILABLE`.
    public func close() async { await core.close() }
}
