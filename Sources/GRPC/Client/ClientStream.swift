// A call as its caller holds it: safe to use from any task, one reader at a time.

import Locks
import NIOCore

/// Messages out and in. The window closes while nobody reads, so an unread stream holds a
/// bounded number of bytes: `unreadBytes`, a window, and one message.
package final class ClientStream: Sendable {
    /// Unread bytes above which the server's window is not opened again.
    static let unreadBytes = 256 << 10
    /// What a message counts beyond its bytes, so that empty ones are bounded too.
    static let messageOverheadBytes = 64

    private struct State {
        var messages: [IncomingMessage] = []
        var head = 0
        /// What the messages hold that nobody has taken.
        var unread = 0
        var status: GRPCStatus?
        var reader: CheckedContinuation<Void, Never>?
        var trailers = Metadata()
        var headers = Metadata()
        var retry = RetrySafety.none
        var isGivenUp = false
    }

    private let state = Locked(State())
    private let connection: ClientConnection
    /// Set before anyone else sees the stream, then only touched on the event loop.
    private let call = Locked<NIOLoopBound<ClientCall>?>(nil)

    init(connection: ClientConnection) { self.connection = connection }

    func attach(_ bound: NIOLoopBound<ClientCall>) { call.withLock { $0 = bound } }

    /// Sends a message; waits while too much is unsent. Throws how the call ended, if it has.
    package func send(_ message: [UInt8]) async throws(GRPCStatus) {
        let framed = FramedMessage(message)
        let result = await withTaskCancellationHandler {
            await sendOnLoop(framed)
        } onCancel: {
            cancel()
        }
        try result.get()
    }

    private func sendOnLoop(_ framed: FramedMessage) async -> Result<Void, GRPCStatus> {
        do throws(GRPCStatus) {
            try await connection.onLoop { handler, promise in
                guard let call = self.call.withLock({ $0 })?.value else {
                    return self.answerForEnded(promise)
                }
                handler.send(framed, on: call, promise)
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    /// A call that has ended says how; one that ended well has an answer to be read.
    private func answerForEnded(_ promise: EventLoopPromise<Void>) {
        let status = state.withLock { $0.status } ?? GRPCStatus(.cancelled, "the call has ended")
        if status.code == .ok { promise.succeed() } else { promise.fail(status) }
    }

    /// Tells the server that no more messages come.
    package func finishSending() async throws(GRPCStatus) {
        try await connection.onLoop { handler, promise in
            handler.finishSending(self.call.withLock { $0 }?.value)
            promise.succeed()
        }
    }

    /// The next message, or nil once the server has ended the call well. Throws any other
    /// end. Cancelling the task cancels the call.
    package func next() async throws(GRPCStatus) -> [UInt8]? {
        while true {
            let (message, status) = take()
            if let message { return message }
            if let status {
                if status.code == .ok { return nil }
                throw status
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        if state.head < state.messages.count || state.status != nil { return true }
                        precondition(state.reader == nil, "a stream has one reader at a time")
                        state.reader = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                cancel()
            }
        }
    }

    /// The answer of a unary call. Throws any status but OK.
    func onlyMessage() async throws(GRPCStatus) -> [UInt8] {
        guard let reply = try await next() else {
            throw GRPCStatus(.internal, "the server answered OK without a message")
        }
        guard try await next() == nil else {
            cancel()
            throw GRPCStatus(.internal, "the server answered with more than one message")
        }
        return reply
    }

    /// The trailers' custom metadata, once the call has ended.
    package var trailers: Metadata { state.withLock { $0.trailers } }

    /// The headers' custom metadata, once a message has come.
    package var headers: Metadata { state.withLock { $0.headers } }

    /// Gives the call up: the server is told, and `next` throws CANCELLED.
    package func cancel() {
        state.withLock { $0.isGivenUp = true }
        connection.fireOnLoop { $0.cancel(self.call.withLock { $0 }?.value, .cancelledByCaller) }
    }

    /// Whether its caller has cancelled it.
    var isGivenUp: Bool { state.withLock { $0.isGivenUp } }

    /// Whether a call that failed may be tried again.
    var retrySafety: RetrySafety { state.withLock { $0.retry } }

    /// What is there now: a message, or how the call ended, or neither.
    func take() -> ([UInt8]?, GRPCStatus?) {
        let (message, status, wantsMore) = state.withLock { state in
            guard state.head < state.messages.count else {
                return (IncomingMessage?.none, state.status, false)
            }
            let message = state.messages[state.head]
            state.messages[state.head] = .plain([])
            state.head += 1
            let before = state.unread
            state.unread -= message.byteCount + Self.messageOverheadBytes
            if state.head == state.messages.count {
                state.messages.removeAll(keepingCapacity: state.head <= 64)
                state.head = 0
            } else if state.head >= 64, state.head * 2 > state.messages.count {
                state.messages.removeFirst(state.head)
                state.head = 0
            }
            let low = Self.unreadBytes / 2
            return (message, nil, state.head == 0 || (before > low && state.unread <= low))
        }
        if wantsMore {
            connection.fireOnLoop { $0.readerCaughtUp(self.call.withLock { $0 }?.value) }
        }
        guard let message else { return (nil, status) }
        do throws(GRPCStatus) {
            return (try message.unpacked(), nil)
        } catch {
            fail(error)
            return (nil, error)
        }
    }

    /// Ends the call for its reader whatever the server says of it, and tells the server.
    private func fail(_ status: GRPCStatus) {
        state.withLock { state in
            state.status = status
            state.messages = []
            state.head = 0
        }
        connection.fireOnLoop { $0.cancel(self.call.withLock { $0 }?.value, status) }
    }

    // MARK: - The connection's side

    func deliver(_ message: IncomingMessage) {
        let reader = state.withLock { state in
            state.messages.append(message)
            state.unread += message.byteCount + Self.messageOverheadBytes
            return state.reader.take()
        }
        reader?.resume()
    }

    /// What the messages hold that nobody has taken.
    var unreadBytes: Int { state.withLock { $0.unread } }

    /// Whether the reader keeps up, and the server may send more.
    var wantsMore: Bool { unreadBytes <= Self.unreadBytes }

    /// Nothing of the call went onto the wire.
    func unsent() { state.withLock { $0.retry = .unsent } }

    func end(
        _ status: GRPCStatus, headers: Metadata, trailers: Metadata, retry: RetrySafety = .none
    ) {
        let reader = state.withLock { state in
            if state.status == nil {
                state.status = status
                if retry != .none { state.retry = retry }
                state.headers = headers
                state.trailers = trailers
            }
            return state.reader.take()
        }
        // The two hold each other for as long as the call lasts, and no longer.
        call.withLock { $0 = nil }
        reader?.resume()
    }

    func setHeaders(_ headers: Metadata) { state.withLock { $0.headers = headers } }
}
