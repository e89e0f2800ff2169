// How one connection is made and bounded; values, any thread.

package import TLS

/// Everything one connection needs to know beside the address.
package struct RedisConnectionConfiguration: Sendable {
    /// Who we are; nil: nobody asks.
    package var credentials: RedisCredentials?
    /// The database that is selected.
    package var database = 0
    /// The name in the server's CLIENT LIST: no blanks, no line ends; nil: none.
    package var clientName: String?
    /// How TLS is spoken; nil: not at all.
    package var tls: TLSClientContext?
    /// The name that the certificate must be for; nil: the address's host. A Unix socket needs one.
    package var serverName: String?
    /// The longest that connecting, TLS and the greeting take together.
    package var connectTimeout: Duration = .seconds(5)
    /// Whether a replica of a cluster is to answer reads (READONLY).
    package var readsReplica = false
    /// What kind of server it must be; nil: any.
    package var mode: RedisServerMode?
    /// Whether it must be a master.
    package var needsMaster = false
    /// What must be found there before the connection is used; nil: nothing.
    var mark: DeploymentMark?
    /// What is bounded.
    package var limits = RedisConnectionLimits()

    /// A configuration with the defaults.
    package init() {}
}

/// What one connection may hold and how long it may be silent.
package struct RedisConnectionLimits: Hashable, Sendable {
    /// The most commands without an answer, those that timed out included.
    package var maxInFlight = 10_000
    /// The most bytes that wait for the socket. One command is taken whatever its length when
    /// nothing waits.
    package var maxQueuedBytes = 32 << 20
    /// How long commands may wait without any answer coming before the connection counts as
    /// stuck and is closed: twice what a command may take.
    package var stuckAfter: Duration = .seconds(10)
    /// How often the connection checks with an echo that the server is alive and that answers are
    /// those of their commands; nil: never.
    package var probeInterval: Duration? = .seconds(5)
    /// What one reply may hold.
    package var reply = RESPLimits()

    /// The defaults.
    package init() {}
}
