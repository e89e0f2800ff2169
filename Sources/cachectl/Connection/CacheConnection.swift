// One connection to the server and the calls on it: messages in, answers of our own out; any task.

import GRPC
import Messages
import NIOPosix

/// A connection as the commands see it: typed calls, and failures with their exit codes.
struct CacheConnection: Sendable {
    /// What decoding one answer may take, its overhead included.
    private static let arenaBytes = 256 << 20

    /// Where it goes to, for sentences.
    let server: ServerAddress
    private let connection: ClientConnection
    private let timeout: Duration
    private let metadata: Metadata

    /// Connects. Throws when nobody answers there.
    static func open(_ options: GlobalOptions) async throws(CommandFailure) -> CacheConnection {
        let server = try options.resolvedServer()
        let tls = try options.tls.context()
        do throws(GRPCStatus) {
            let connection = try await ClientConnection.connect(
                host: server.host, port: server.port, group: MultiThreadedEventLoopGroup.singleton,
                timeout: options.callTimeout, tls: tls)
            return CacheConnection(connection, to: server, options)
        } catch {
            throw .unreachable(server, error)
        }
    }

    private init(
        _ connection: ClientConnection, to server: ServerAddress, _ options: GlobalOptions
    ) {
        self.connection = connection
        self.server = server
        timeout = options.callTimeout
        var metadata = Metadata()
        if let originID = options.originID { metadata.add("x-cache-origin-id", originID) }
        self.metadata = metadata
    }

    /// Closes it; calls in flight are given up.
    func close() async { await connection.close() }

    /// One unary call: `make` builds the request from an arena, `read` copies what is needed out
    /// of the response.
    func call<Request: WireMessage, Response: WireMessage, Result>(
        _ method: String, _ make: (MessageArena) -> Request, _ read: (Response) -> Result
    ) async throws(CommandFailure) -> Result {
        let request = Self.encode(make)
        let reply: [UInt8]
        do throws(GRPCStatus) {
            let options = CallOptions(metadata: metadata, timeout: timeout)
            reply = try await connection.unary("/\(method)", request, options: options)
        } catch {
            throw .call(server, error)
        }
        return try decode(reply, read)
    }

    /// Opens a call that is answered by a stream of messages, without a deadline.
    func stream<Request: WireMessage>(
        _ method: String, _ make: (MessageArena) -> Request
    ) async throws(GRPCStatus) -> ClientStream {
        let request = Self.encode(make)
        let stream = try await connection.stream(
            "/\(method)", options: CallOptions(metadata: metadata))
        try await stream.send(request)
        try await stream.finishSending()
        return stream
    }

    /// Reads one message of the server.
    func decode<Response: WireMessage, Result>(
        _ bytes: [UInt8], _ read: (Response) -> Result
    ) throws(CommandFailure) -> Result {
        let arena = MessageArena(limitBytes: Self.arenaBytes)
        do throws(MessageError) {
            return read(try Response.decode(bytes, in: arena))
        } catch {
            throw CommandFailure(
                exit: .refused, code: StatusCode.internal.name,
                message: "\(server) sent an answer that cannot be read: \(error.message)")
        }
    }

    /// The bytes of a request, whose arena is gone afterwards.
    private static func encode<Request: WireMessage>(_ make: (MessageArena) -> Request) -> [UInt8] {
        let arena = MessageArena()
        return make(arena).encoded(in: arena)
    }
}
