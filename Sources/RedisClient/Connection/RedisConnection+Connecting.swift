// From an address to a connection that was greeted, within one time; event loop only.

package import NIOCore
import NIOPosix
import TLS

extension RedisConnection {
    /// Connects; done when the server has taken the greeting, the password and the database.
    ///
    /// - Parameters:
    ///   - address: The server.
    ///   - configuration: Who we are and what is bounded.
    ///   - eventLoop: Where the connection lives; everything is called there.
    ///   - pushed: Takes the pub/sub messages, each as its elements, the kind first.
    ///   - closed: Called exactly once if the future succeeded, when the connection has ended and
    ///     before its commands fail, also after `close()`.
    /// - Returns: The connection; fails with a `RedisError`.
    package static func connect(
        to address: RedisAddress, _ configuration: RedisConnectionConfiguration,
        on eventLoop: any EventLoop, pushed: @escaping ([RESPValue]) -> Void,
        closed: @escaping (RedisError) -> Void
    ) -> EventLoopFuture<RedisConnection> {
        eventLoop.assertInEventLoop()
        let callbacks = NIOLoopBound((pushed, closed), eventLoop: eventLoop)
        let outcome = eventLoop.makePromise(of: RedisConnection.self)
        let timeout = TimeAmount(configuration.connectTimeout)
        let reached = NIOLoopBoundBox<RedisConnection?>(nil, eventLoop: eventLoop)
        let timer = eventLoop.scheduleTask(in: timeout) {
            outcome.fail(
                reached.value?.silence
                    ?? ConnectFailure.error(address, ChannelError.connectTimeout(timeout)))
        }
        bootstrap(address, on: eventLoop, timeout: timeout) { channel in
            let (pushed, closed) = callbacks.value
            let connection = RedisConnection(
                eventLoop: eventLoop, address: address, configuration: configuration,
                pushed: pushed, closed: closed)
            try connection.addHandlers(to: channel)
        }
        .flatMapThrowing { channel in
            try channel.pipeline.syncOperations.handler(type: RedisChannelHandler.self).connection
        }
        .flatMap { connection in
            reached.value = connection
            // Whoever gave up waiting is not to be surprised by a connection.
            outcome.futureResult.whenFailure { _ in connection.close() }
            return connection.ready.futureResult.map { connection }
        }
        .flatMapErrorThrowing { throw ConnectFailure.error(address, $0) }
        .cascade(to: outcome)
        outcome.futureResult.whenComplete { _ in timer.cancel() }
        return outcome.futureResult
    }

    private static func bootstrap(
        _ address: RedisAddress, on eventLoop: any EventLoop, timeout: TimeAmount,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try initialize(channel) }
            }
        switch address {
        case .tcp(let host, let port):
            return
                bootstrap
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.socketOption(.so_keepalive), value: 1)
                .connect(host: host, port: port)
        case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
        }
    }

    /// TLS holds back `channelActive` until its handshake is done.
    func addHandlers(to channel: any Channel) throws {
        let handlers = channel.pipeline.syncOperations
        do {
            if let tls = configuration.tls {
                let handler = try tls.makeHandler(serverName: serverName)
                try handlers.addHandler(handler)
            }
            try handlers.addHandler(RedisChannelHandler(self))
        } catch {
            ready.fail(error)
            throw error
        }
    }

    private var serverName: String {
        switch (configuration.serverName, address) {
        case (let name?, _): name
        case (nil, .tcp(let host, _)): host
        case (nil, .unix): ""
        }
    }
}
