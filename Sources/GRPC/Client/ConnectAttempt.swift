// One attempt to connect to one address, which may be given up; safe to use from any thread.

import Locks
import NIOCore
import NIOPosix
import TLS

/// From the socket to the server's greeting.
final class ConnectAttempt: Sendable {
    private enum Progress {
        case notYet
        case channel(any Channel)
        case abandoned
    }

    private let loop: any EventLoop
    private let progress = Locked(Progress.notYet)

    /// The connection will live on `loop`.
    init(loop: any EventLoop) { self.loop = loop }

    /// Connects. Succeeds once the server's SETTINGS have come, which is when it is known to
    /// be one, and fails when they have not within `timeout`.
    func start(
        _ address: SocketAddress, _ setup: ConnectionSetup, timeout: TimeAmount,
        report: ConnectionReport
    ) -> EventLoopFuture<ClientConnection> {
        let outcome = loop.makePromise(of: ClientConnection.self)
        let timer = loop.scheduleTask(in: timeout) {
            outcome.fail(GRPCStatus(.unavailable, "no answer in time"))
            self.abandon()
        }
        let ready = loop.makePromise(of: Void.self)
        let made = loop.makePromise(of: ClientConnection.self)
        let connected = ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard self.take(channel) else { throw ChannelError.ioOnClosedChannel }
                    if let (context, name) = setup.tls {
                        // It holds back `channelActive` until the handshake is done.
                        try channel.pipeline.syncOperations.addHandler(
                            context.makeHandler(serverName: name))
                    }
                    let handler = ClientConnectionHandler(
                        setup: setup, ready: ready, report: report)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    let connection = ClientConnection(
                        channel: channel, handler: bound, report: report)
                    ready.futureResult.map { connection }.cascade(to: made)
                }
            }
            .connect(to: address)
        // Where the socket fails, its reason counts, and not what follows from it.
        connected.whenFailure { error in
            ready.fail(error)
            made.fail(error)
        }
        connected.flatMap { _ in made.futureResult }.cascade(to: outcome)
        outcome.futureResult.whenComplete { _ in timer.cancel() }
        return outcome.futureResult
    }

    /// Gives the attempt up, or closes what came of it.
    func abandon() {
        let before = progress.withLock { progress in
            defer { progress = .abandoned }
            return progress
        }
        if case .channel(let channel) = before { channel.close(promise: nil) }
    }

    private func take(_ channel: any Channel) -> Bool {
        progress.withLock { progress in
            if case .abandoned = progress { return false }
            progress = .channel(channel)
            return true
        }
    }
}
