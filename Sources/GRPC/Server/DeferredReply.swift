// The answer to a unary call that comes later without a task; event loop only.

import NIOCore

/// What a unary handler keeps of a call that it answers later, by a callback on the same event
/// loop. Exactly one of `reply` and `fail` must come; both do nothing once the call is over,
/// because its caller went away, its deadline passed or its connection ended.
// @unchecked: used on its event loop only.
package final class DeferredReply: @unchecked Sendable {
    // Cleared before the stream's memory is used for another one; until then the connection is.
    private var stream: UnsafeMutablePointer<ServerStream>?
    // As `stream`: without one it is not looked at.
    private unowned(unsafe) var connection: ServerConnectionHandler?
    /// The connection that still counts the call though its stream is closed.
    private weak var orphanage: ServerConnectionHandler?
    private var isAnswered = true

    /// Belongs to a call from now on.
    func begin(
        _ stream: UnsafeMutablePointer<ServerStream>, of connection: ServerConnectionHandler
    ) {
        self.stream = stream
        self.connection = connection
        isAnswered = false
    }

    /// Whether nobody waits for the answer any more.
    package var isCancelled: Bool { stream.map { !$0.pointee.isAnswerable } ?? true }

    /// Answers with the message that `write` puts into the reply; `write` is not called once the
    /// call is over. Many answers of one turn of the loop leave in one flush.
    package func reply(_ write: (UnaryReply) -> Void) {
        guard let stream = settle(), let connection else { return }
        write(UnaryReply(stream: stream))
        connection.answerDeferred(stream)
    }

    /// Answers with a failure.
    package func fail(_ status: GRPCStatus) {
        guard let stream = settle(), let connection else { return }
        connection.finish(stream, status, trailers: Metadata())
    }

    private func settle() -> UnsafeMutablePointer<ServerStream>? {
        precondition(!isAnswered, "a call is answered once")
        isAnswered = true
        if let orphanage {
            orphanage.recorder.pointee.orphanedCalls -= 1
            self.orphanage = nil
        }
        guard let stream, stream.pointee.isAnswerable else { return nil }
        return stream
    }

    // MARK: - The connection's side

    /// nghttp2 has closed the stream before the answer: the call keeps its place until then.
    func orphan() {
        guard !isAnswered, let connection else { return }
        orphanage = connection
        connection.recorder.pointee.orphanedCalls += 1
    }

    /// The stream is about to be freed.
    func detach() {
        stream = nil
        connection = nil
    }
}
