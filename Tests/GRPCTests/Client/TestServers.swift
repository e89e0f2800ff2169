// Real servers on loopback ports that tests start and stop, and peers that only pretend; any
// task.

import Locks
import NIOCore
import NIOPosix
import TLS
import Testing

@testable import GRPC

/// Waits until `condition` holds; gives up after a minute.
func eventually(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        try #require(ContinuousClock.now < deadline, "the condition never held")
        await Task.yield()
    }
}

/// A server of the echo service, which counts its calls.
final class TestServer: Sendable {
    let server: GRPCServer
    private let counter: CallCounter

    var port: Int { server.address.port ?? 0 }
    var target: ClientTarget { ClientTarget(host: "127.0.0.1", port: port) }
    var calls: Int { counter.count }

    static func start(
        host: String = "127.0.0.1", port: Int = 0, gate: AsyncGate = AsyncGate(),
        limits: ServerLimits = ServerLimits(), tls: TLSServerContext? = nil
    ) async throws -> TestServer {
        let counter = CallCounter()
        let services = [
            EchoService.make(CallLog(), gate: gate),
            Service(
                "test.Count",
                methods: [
                    Method(
                        "Unary",
                        .unary { _, reply in
                            counter.increment()
                            _ = reply.reserve(0)
                            return .replied
                        })
                ]),
        ]
        let server = try await GRPCServer.start(
            host: host, port: port, services: services, limits: limits,
            group: MultiThreadedEventLoopGroup.singleton, prepare: { _ in },
            rejected: { _, _, _ in }, tls: tls)
        return TestServer(server, counter)
    }

    private init(_ server: GRPCServer, _ counter: CallCounter) {
        self.server = server
        self.counter = counter
    }

    /// Stops it at once, whatever is open.
    func stop() async { _ = await server.drain(timeout: .zero) }
}

/// Counts on any thread.
final class CallCounter: Sendable {
    private let value = Locked(0)

    var count: Int { value.withLock { $0 } }
    func increment() { value.withLock { $0 += 1 } }
}

/// A socket that listens, takes connections, reads, and says what it is told to, or nothing.
final class SilentPeer: Sendable {
    let listener: any Channel
    private let accepted: CallCounter
    private let refused: CallCounter

    var target: ClientTarget {
        ClientTarget(host: "127.0.0.1", port: listener.localAddress?.port ?? 0)
    }
    /// Connections that it has taken.
    var connections: Int { accepted.count }

    /// Calls that it has refused.
    var calls: Int { refused.count }

    /// Sends `greeting` to whoever connects, and refuses every call after it if `refuses`.
    static func start(
        _ greeting: [UInt8] = [], refuses: Bool = false
    ) async throws -> SilentPeer {
        let (accepted, refused) = (CallCounter(), CallCounter())
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                accepted.increment()
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        Greeter(greeting, refuses ? refused : nil))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return SilentPeer(listener, accepted, refused)
    }

    private init(_ listener: any Channel, _ accepted: CallCounter, _ refused: CallCounter) {
        self.listener = listener
        self.accepted = accepted
        self.refused = refused
    }

    func stop() async throws { try await listener.close() }
}

/// Says one thing and listens ever after, or refuses the streams that it is asked for.
private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: [UInt8]
    private let refused: CallCounter?
    private var unread: [UInt8] = []

    init(_ greeting: [UInt8], _ refused: CallCounter?) {
        self.greeting = greeting
        self.refused = refused
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: greeting)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let refused else { return }
        unread += Array(unwrapInboundIn(data).readableBytesView)
        for frame in ScriptedServer.takeFrames(&unread) where frame.type == 1 {
            refused.increment()
            let reset = ScriptedServer.reset(frame.stream, error: 7)
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: reset)), promise: nil)
        }
    }
}

extension ClientChannel {
    /// A channel to these targets that backs off for milliseconds only.
    static func test(
        _ targets: [ClientTarget], _ change: (inout ClientConfiguration) -> Void = { _ in }
    ) -> ClientChannel {
        var configuration = ClientConfiguration(targets: targets)
        configuration.backoff.initial = .milliseconds(5)
        configuration.backoff.maximum = .milliseconds(20)
        change(&configuration)
        return ClientChannel(configuration, group: MultiThreadedEventLoopGroup.singleton)
    }
}
