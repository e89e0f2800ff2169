// What the copies of a client share: the channel, and who waits for its end; any task.

import GRPC
import Locks
import Messages
import NIOPosix
import TLS

/// The calls as bytes: deadlines, the origin, one repetition of a read.
final class ClientCore: Sendable {
    /// What decoding one answer may take, its overhead included.
    private static let arenaBytes = 256 << 20

    let closing = ClosingSignal()
    private let configuration: ClientConfiguration
    private let current: Locked<ClientChannel>
    private let metadata: Metadata

    init(_ configuration: CacheClient.Configuration) throws(CacheError) {
        var channel = ClientConfiguration(
            targets: try configuration.checked().map {
                ClientTarget(host: $0.host, port: $0.port)
            })
        channel.connectTimeout = configuration.connectTimeout
        if let tls = configuration.tls {
            channel.tls = try Self.context(tls)
            channel.serverName = tls.serverName
        }
        channel.keepalive = configuration.keepalive.map { KeepalivePolicy(time: $0) }
        var metadata = Metadata()
        if let originID = configuration.originID { metadata.add("x-cache-origin-id", originID) }
        self.metadata = metadata
        self.configuration = channel
        current = Locked(Self.makeChannel(channel))
    }

    /// What TLS is spoken with. Throws INVALID_ARGUMENT where a file cannot be used.
    private static func context(_ tls: CacheClient.TLS) throws(CacheError) -> TLSClientContext {
        do throws(TLSError) {
            return try TLSClientContext(
                TLSClientConfiguration(
                    caFile: tls.caFile, certificateFile: tls.certificateFile,
                    keyFile: tls.keyFile))
        } catch {
            throw CacheError(.invalidArgument, "tls: \(error.message)")
        }
    }

    private static func makeChannel(_ configuration: ClientConfiguration) -> ClientChannel {
        ClientChannel(configuration, group: MultiThreadedEventLoopGroup.singleton)
    }

    /// Where new calls go.
    var channel: ClientChannel { current.withLock { $0 } }

    /// Has new calls go over new connections, for one of the channel's fell silent and nothing
    /// else will tell. What is under way on it still ends: its calls hold it until then.
    func abandon(_ silent: ClientChannel) {
        if closing.isClosed { return }
        current.withLock { channel in
            if channel === silent { channel = Self.makeChannel(configuration) }
        }
    }

    func close() async {
        closing.close()
        await channel.close()
    }

    /// One message each way. A read that met a server that went away is repeated once, at once,
    /// within the same time; a write never is, for it may have been done.
    func unary(
        _ method: CacheMethod, _ request: [UInt8], timeout: Duration
    ) async throws(CacheError) -> [UInt8] {
        let start = ContinuousClock.now
        do throws(GRPCStatus) {
            return try await attempt(method, request, timeout: timeout)
        } catch {
            let left = timeout - (ContinuousClock.now - start)
            guard method.isRead, error.code == .unavailable, left > .zero, !closing.isClosed else {
                throw failure(error)
            }
            do throws(GRPCStatus) {
                return try await attempt(method, request, timeout: left)
            } catch {
                throw failure(error)
            }
        }
    }

    private func attempt(
        _ method: CacheMethod, _ request: [UInt8], timeout: Duration
    ) async throws(GRPCStatus) -> [UInt8] {
        try await channel.unary(
            method.path, request, options: CallOptions(metadata: metadata, timeout: timeout))
    }

    private func failure(_ status: GRPCStatus) -> CacheError {
        if status.code == .deadlineExceeded, channel.state != .ready {
            return CacheError(.unavailable, "no server answered in time")
        }
        return CacheError(status)
    }

    /// Opens a call that is answered by a stream of messages, without a deadline.
    func stream(
        _ method: CacheMethod, _ request: [UInt8], on channel: ClientChannel, waitForReady: Bool
    ) async throws(GRPCStatus) -> ClientStream {
        let stream = try await channel.stream(
            method.path, options: CallOptions(metadata: metadata, waitForReady: waitForReady))
        try await stream.send(request)
        try await stream.finishSending()
        return stream
    }

    /// The bytes of a request, whose arena is gone afterwards. Throws INVALID_ARGUMENT for text
    /// that cannot be sent.
    static func encode<Request: WireMessage>(
        _ make: (RequestArena) -> Request
    ) throws(CacheError) -> [UInt8] {
        let arena = RequestArena()
        let request = make(arena)
        guard !arena.holdsNUL else {
            throw CacheError(.invalidArgument, "text must not hold a NUL character")
        }
        return request.encoded(in: arena.arena)
    }

    /// Reads one message of a server. Throws INTERNAL when it cannot be read.
    static func decode<Response: WireMessage, Result>(
        _ bytes: [UInt8], _ read: (Response) throws(CacheError) -> Result
    ) throws(CacheError) -> Result {
        let arena = MessageArena(limitBytes: arenaBytes)
        let response: Response
        do throws(MessageError) {
            response = try Response.decode(bytes, in: arena)
        } catch {
            throw CacheError(
                .internal, "the server sent an answer that cannot be read: \(error.message)")
        }
        return try withExtendedLifetime(arena) { () throws(CacheError) in try read(response) }
    }
}
