// nghttp2's callbacks of a server session: they copy and record, and never act.

import CNghttp2
import NIOCore

private typealias Recorder = UnsafeMutablePointer<ServerRecorder>
private typealias Stream = UnsafeMutablePointer<ServerStream>

private func recorder(_ userData: UnsafeMutableRawPointer?) -> Recorder? {
    userData?.assumingMemoryBound(to: ServerRecorder.self)
}

/// The stream that nghttp2 has by that number: mostly the one of the callback before, which need
/// not be looked for.
private func stream(_ session: OpaquePointer?, _ id: Int32, _ recorder: Recorder) -> Stream? {
    if let latest = recorder.pointee.latest, latest.pointee.id == id { return latest }
    let found = nghttp2_session_get_stream_user_data(session, id)
    recorder.pointee.latest = found?.assumingMemoryBound(to: ServerStream.self)
    return recorder.pointee.latest
}

enum ServerCallbacks {
    static let table = CallbackTable { table in
        nghttp2_session_callbacks_set_on_begin_headers_callback(table) { session, frame, data in
            guard let recorder = recorder(data), let header = frame?.pointee.hd else { return 0 }
            recorder.pointee.frames.headersHaveStream()
            recorder.pointee.headerBytes = 0
            if frame?.pointee.headers.cat == NGHTTP2_HCAT_REQUEST {
                let stream = recorder.pointee.openStream(id: header.stream_id)
                recorder.pointee.headers = stream
                nghttp2_session_set_stream_user_data(session, header.stream_id, stream)
            } else {
                recorder.pointee.headers = nil  // trailers of a request mean nothing to gRPC
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_header_callback(table) {
            _, _, name, nameLength, value, valueLength, _, data in
            guard let recorder = recorder(data) else { return 0 }
            recorder.pointee.header(
                UnsafeBufferPointer(start: name, count: nameLength),
                UnsafeBufferPointer(start: value, count: valueLength))
            return recorder.pointee.areHeadersTooLarge ? NGHTTP2_ERR_CALLBACK_FAILURE.rawValue : 0
        }
        nghttp2_session_callbacks_set_error_callback2(table) { _, code, text, length, data in
            guard code == NGHTTP2_ERR_HTTP_HEADER.rawValue, let recorder = recorder(data),
                let stream = recorder.pointee.headers
            else { return 0 }
            recorder.pointee.badAuthorities.note(
                UnsafeRawBufferPointer(start: text, count: length), stream: stream.pointee.id)
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table) {
            session, _, id, bytes, length, data in
            guard let recorder = recorder(data) else { return 0 }
            recorder.pointee.unconsumedBytes += length
            guard let stream = stream(session, id, recorder) else { return 0 }
            recorder.pointee.data(UnsafeRawBufferPointer(start: bytes, count: length), stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(table) { session, frame, data in
            if let frame { frameReceived(session, frame, data) }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(table) { session, frame, data in
            if let frame { frameSent(session, frame, data) }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(table) { session, id, code, data in
            guard let recorder = recorder(data), let stream = stream(session, id, recorder) else {
                return 0
            }
            recorder.pointee.streamClosed(stream, code)
            if let call = stream.pointee.call, call.isRunning { call.orphan() }
            stream.pointee.deferredReply?.orphan()
            return 0
        }
    }

    private static func frameReceived(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>,
        _ data: UnsafeMutableRawPointer?
    ) {
        guard let recorder = recorder(data) else { return }
        let header = frame.pointee.hd
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
            guard let stream = stream(session, header.stream_id, recorder) else { return }
            let isRequest = recorder.pointee.headers == stream
            recorder.pointee.headers = nil
            let ended = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            if ended { stream.pointee.flags.insert(.remoteEnded) }
            if isRequest, mustOpen(stream, ended: ended) {
                recorder.pointee.events.append(.opened(stream))
            }
            if ended {
                recorder.pointee.events.append(.ended(stream))
            } else if !isRequest, !stream.pointee.flags.contains(.dataRecorded) {
                stream.pointee.flags.insert(.dataRecorded)
                recorder.pointee.events.append(.dataReceived(stream))
            }
        case NGHTTP2_PING.rawValue where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0:
            let opaque = withUnsafeBytes(of: frame.pointee.ping.opaque_data) {
                UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self))
            }
            recorder.pointee.events.append(.pingAcknowledged(opaque))
        case NGHTTP2_PING.rawValue:
            recorder.pointee.pingReceived()
        case NGHTTP2_SETTINGS.rawValue:
            if header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0 {
                recorder.pointee.isAcknowledged = true
            } else {
                recorder.pointee.hasSettings = true
            }
        default:
            return
        }
    }

    private static func frameSent(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>,
        _ data: UnsafeMutableRawPointer?
    ) {
        guard let recorder = recorder(data) else { return }
        let header = frame.pointee.hd
        switch UInt32(header.type) {
        case NGHTTP2_DATA.rawValue:
            recorder.pointee.answerFrameSent()
        case NGHTTP2_HEADERS.rawValue:
            recorder.pointee.answerFrameSent()
            if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0,
                let stream = stream(session, header.stream_id, recorder),
                !stream.pointee.flags.contains(.remoteEnded)
            {
                recorder.pointee.events.append(.answeredEarly(stream))
            }
        case NGHTTP2_RST_STREAM.rawValue:
            let error = frame.pointee.rst_stream.error_code
            recorder.pointee.frames.resetSent(error)
            // The peer made a window too large. Where it did so by a setting, the connection has
            // to end (RFC 9113 section 6.9.2); where it did not, it may.
            if error == NGHTTP2_FLOW_CONTROL_ERROR.rawValue { recorder.pointee.goAwayError = error }
        case NGHTTP2_GOAWAY.rawValue where frame.pointee.goaway.error_code != 0:
            recorder.pointee.goAwayError = frame.pointee.goaway.error_code
        default:
            return
        }
    }

    /// A well-formed unary call needs no attention before its message is there, unless its
    /// deadline may pass while it waits for it.
    private static func mustOpen(_ stream: Stream, ended: Bool) -> Bool {
        if stream.pointee.problem != nil || stream.pointee.flags.contains(.isRefused)
            || !stream.pointee.flags.isSuperset(of: [.isPost, .isGRPC])
        {
            return true
        }
        if case .stream = stream.pointee.handler { return true }
        return stream.pointee.deadline != nil && !ended
    }

    /// The data source of every answer: message bytes, then the trailers.
    static let dataSource: nghttp2_data_source_read_callback = {
        session, id, target, capacity, flags, source, data in
        guard let stream = source?.pointee.ptr?.assumingMemoryBound(to: ServerStream.self) else {
            return ssize_t(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        if stream.pointee.flags.contains(.trailersSubmitted) {
            return ssize_t(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        let length = stream.pointee.readAnswer(
            into: UnsafeMutableRawBufferPointer(start: target, count: capacity))
        recorder(data)?.pointee.answerRead(stream, length)
        if stream.pointee.isAnswerRead, stream.pointee.flags.contains(.answered) {
            flags?.pointee |=
                NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            // Submitted here, and nowhere else, they cannot overtake the data.
            recorder(data)?.pointee.latest = stream
            submitTrailers(session, stream)
            return length
        }
        if let call = stream.pointee.call, call.outbound.takeDrained() {
            recorder(data)?.pointee.events.append(.drained(stream))
        }
        if length == 0 {
            stream.pointee.flags.insert(.deferred)
            return ssize_t(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        return length
    }

    static func submitTrailers(
        _ session: OpaquePointer?, _ stream: UnsafeMutablePointer<ServerStream>
    ) {
        stream.pointee.flags.insert(.trailersSubmitted)
        if stream.pointee.status == .ok, stream.pointee.trailers.count == 0 {
            let fixed = HeaderBlock.okTrailers
            nghttp2_submit_trailer(session, stream.pointee.id, fixed.fields, fixed.count)
            return
        }
        let fields = HeaderField.trailers(
            stream.pointee.status, metadata: stream.pointee.trailers)
        HeaderBlock.withFields(fields) { block, count in
            _ = nghttp2_submit_trailer(session, stream.pointee.id, block, count)
        }
    }
}
