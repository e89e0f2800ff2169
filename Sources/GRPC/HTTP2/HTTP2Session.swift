// The one owner of an nghttp2 session; lives on its connection's event loop.
//
// nghttp2 must not be re-entered from its callbacks: `receive` and `pull` are only called by
// the connection handlers, between them callbacks only record.

import CNghttp2
import NIOCore

/// One HTTP/2 connection's protocol state (RFC 9113), server or client.
struct HTTP2Session: ~Copyable {
    /// What the peer may send to us before it must wait, per stream.
    static let streamWindowBytes: Int32 = 1 << 20
    /// The largest frame that either side takes unless it announces another (RFC 9113 section
    /// 6.5.2); we announce none.
    static let frameBytes = 16 << 10
    /// What the peer may send to us before it must wait, on all streams together.
    static let connectionWindowBytes: Int32 = 8 << 20

    let pointer: OpaquePointer
    /// Outlives the session, whose blocks it owns.
    private let memory: SessionMemory

    /// A server's session; `recorder` is what its callbacks get as user data.
    static func server(
        recorder: UnsafeMutableRawPointer, memory: SessionMemory
    ) -> HTTP2Session {
        make(
            nghttp2_session_server_new3, callbacks: ServerCallbacks.table, recorder: recorder,
            memory: memory)
    }

    /// A client's session.
    static func client(recorder: UnsafeMutableRawPointer) -> HTTP2Session {
        make(
            nghttp2_session_client_new3, callbacks: ClientCallbacks.table, recorder: recorder,
            memory: SessionMemory())
    }

    private typealias Maker = (
        UnsafeMutablePointer<OpaquePointer?>?, OpaquePointer?, UnsafeMutableRawPointer?,
        OpaquePointer?, UnsafeMutablePointer<nghttp2_mem>?
    ) -> Int32

    private static func make(
        _ maker: Maker, callbacks: CallbackTable, recorder: UnsafeMutableRawPointer,
        memory: SessionMemory
    ) -> HTTP2Session {
        var functions = memory.functions
        var option: OpaquePointer?
        var session: OpaquePointer?
        nghttp2_option_new(&option)
        defer { nghttp2_option_del(option) }
        nghttp2_option_set_no_auto_window_update(option, 1)
        nghttp2_option_set_no_closed_streams(option, 1)
        nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1)
        // `FrameRates` judges resets, by the settings; nghttp2's own limit is far below them.
        nghttp2_option_set_stream_reset_rate_limit(option, .max, .max)
        let code = maker(&session, callbacks.pointer, recorder, option, &functions)
        guard code == 0, let session else {
            // Out of memory is the only way for it to fail.
            preconditionFailure("nghttp2 session: \(String(cString: nghttp2_strerror(code)))")
        }
        return HTTP2Session(pointer: session, memory: memory)
    }

    private init(pointer: OpaquePointer, memory: SessionMemory) {
        self.pointer = pointer
        self.memory = memory
    }

    deinit { nghttp2_session_del(pointer) }

    /// Announces our settings and opens the connection's window.
    func submitSettings(_ settings: [(id: Int32, value: UInt32)]) {
        let entries = settings.map { nghttp2_settings_entry(settings_id: $0.id, value: $0.value) }
        nghttp2_submit_settings(pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), entries, entries.count)
        nghttp2_session_set_local_window_size(
            pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Self.connectionWindowBytes)
    }

    /// Feeds bytes of the peer; returns nghttp2's error when the connection is beyond repair.
    func receive(_ bytes: UnsafeRawBufferPointer) -> HTTP2Failure? {
        let code = nghttp2_session_mem_recv(
            pointer, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        return code < 0 ? HTTP2Failure(code: Int32(code)) : nil
    }

    /// Appends outgoing frames to `out` until it holds `limit` bytes or nothing is left.
    func pull(into out: inout ByteBuffer, limit: Int) -> HTTP2Failure? {
        var frame: UnsafePointer<UInt8>?
        var length = nghttp2_session_mem_send(pointer, &frame)
        while length > 0, let first = frame {
            // As many as there is room for under one access to the buffer.
            let rest = limit - out.readableBytes
            out.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
                var written = 0
                var next = first
                while length <= room.count - written {
                    UnsafeMutableRawBufferPointer(rebasing: room[written...])
                        .copyMemory(from: UnsafeRawBufferPointer(start: next, count: length))
                    written += length
                    length = 0
                    if written >= rest { break }
                    length = nghttp2_session_mem_send(pointer, &frame)
                    guard length > 0, let frame else { break }
                    next = frame
                }
                return written
            }
        }
        return length < 0 ? HTTP2Failure(code: Int32(length)) : nil
    }

    /// Whether neither side has anything more to say.
    var isFinished: Bool {
        nghttp2_session_want_read(pointer) == 0 && nghttp2_session_want_write(pointer) == 0
    }

    /// Whether the peer takes no DATA on any stream.
    var isWindowClosed: Bool { nghttp2_session_get_remote_window_size(pointer) <= 0 }

    /// Frames other than DATA that wait to be pulled; those of streams that were reset among them.
    var waitingFrames: Int { nghttp2_session_get_outbound_queue_size(pointer) }
    var hasControlFrames: Bool { waitingFrames > 0 }

    /// Returns read bytes to the windows; `stream` 0 returns them to the connection's only.
    func consume(stream: Int32, bytes: Int) {
        guard bytes > 0 else { return }
        if stream == 0 {
            nghttp2_session_consume_connection(pointer, bytes)
        } else {
            nghttp2_session_consume_stream(pointer, stream, bytes)
        }
    }

    func reset(stream: Int32, error: HTTP2ErrorCode) {
        nghttp2_submit_rst_stream(
            pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, error.rawValue)
    }

    func resumeData(stream: Int32) {
        nghttp2_session_resume_data(pointer, stream)
    }

    /// Lets the stream's DATA take turns with that of the others, frame by frame. Without it
    /// nghttp2 sends an answer whole before it begins the next (RFC 9218 section 4.2).
    func takeTurns(stream: Int32) {
        var priority = nghttp2_extpri(
            urgency: UInt32(NGHTTP2_EXTPRI_DEFAULT_URGENCY), inc: 1)
        nghttp2_session_change_extpri_stream_priority(pointer, stream, &priority, 1)
    }

    func ping(_ opaque: UInt64) {
        withUnsafeBytes(of: opaque.bigEndian) { bytes in
            _ = nghttp2_submit_ping(
                pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue),
                bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        }
    }

    /// Tells the peer that a GOAWAY will follow, without refusing what is on its way
    /// (RFC 9113 section 6.8).
    func submitShutdownNotice() { nghttp2_submit_shutdown_notice(pointer) }

    /// The final GOAWAY: streams above the last one processed are the peer's to retry.
    /// `reason` is its debug data.
    func submitGoAway(_ error: HTTP2ErrorCode, reason: String = "") {
        var reason = reason
        reason.withUTF8 { bytes in
            _ = nghttp2_submit_goaway(
                pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue),
                nghttp2_session_get_last_proc_stream_id(pointer), error.rawValue,
                bytes.baseAddress, bytes.count)
        }
    }
}
