// nghttp2's callbacks of a client session: they copy and record, and never act.

import CNghttp2
import NIOCore

private typealias Recorder = UnsafeMutablePointer<ClientRecorder>

private func recorder(_ userData: UnsafeMutableRawPointer?) -> Recorder? {
    userData?.assumingMemoryBound(to: ClientRecorder.self)
}

private func call(_ session: OpaquePointer?, _ id: Int32) -> Unmanaged<ClientCall>? {
    nghttp2_session_get_stream_user_data(session, id).map { Unmanaged.fromOpaque($0) }
}

enum ClientCallbacks {
    static let table = CallbackTable { table in
        nghttp2_session_callbacks_set_on_header_callback(table) {
            session, frame, name, nameLength, value, valueLength, _, _ in
            guard let id = frame?.pointee.hd.stream_id else { return 0 }
            call(session, id)?.takeUnretainedValue().header(
                UnsafeBufferPointer(start: name, count: nameLength),
                UnsafeBufferPointer(start: value, count: valueLength))
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table) {
            session, _, id, bytes, length, data in
            guard let recorder = recorder(data) else { return 0 }
            recorder.pointee.unconsumedBytes += length
            guard let call = call(session, id) else { return 0 }
            let value = call.takeUnretainedValue()
            value.unconsumedBytes += length
            value.reader.append(
                UnsafeRawBufferPointer(start: bytes, count: length),
                limit: recorder.pointee.messageBytes)
            recorder.pointee.events.append(.dataReceived(call))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(table) { session, frame, data in
            if let frame, let recorder = recorder(data) {
                if carriesNothing(frame.pointee.hd) { recorder.pointee.idleFrames += 1 }
                frameReceived(session, frame, recorder)
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(table) { session, frame, data in
            guard let frame else { return 0 }
            switch UInt32(frame.pointee.hd.type) {
            case NGHTTP2_HEADERS.rawValue:
                let id = frame.pointee.hd.stream_id
                call(session, id)?.takeUnretainedValue().isOnWire = true
            case NGHTTP2_GOAWAY.rawValue where frame.pointee.goaway.error_code != 0:
                recorder(data)?.pointee.violation = frame.pointee.goaway.error_code
            default: break
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(table) { session, id, code, data in
            if let call = call(session, id) {
                recorder(data)?.pointee.events.append(.closed(call, code: code))
            }
            return 0
        }
    }

    private static func frameReceived(
        _ session: OpaquePointer?, _ frame: UnsafePointer<nghttp2_frame>, _ recorder: Recorder
    ) {
        let header = frame.pointee.hd
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue, NGHTTP2_DATA.rawValue:
            guard let call = call(session, header.stream_id) else { return }
            if header.type == UInt8(NGHTTP2_HEADERS.rawValue) {
                if call.takeUnretainedValue().headerBlockEnded() {
                    recorder.pointee.events.append(.headersReceived(call))
                } else {
                    recorder.pointee.idleFrames += 1
                }
            }
            if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 {
                recorder.pointee.events.append(.ended(call))
            }
        case NGHTTP2_SETTINGS.rawValue: recorder.pointee.events.append(.settingsReceived)
        case NGHTTP2_GOAWAY.rawValue:
            let tooManyPings = saysTooManyPings(frame.pointee.goaway)
            recorder.pointee.events.append(.goAwayReceived(tooManyPings: tooManyPings))
        default: return
        }
    }

    /// Whether a frame makes work and brings no call forward. Windows are left out: who sends
    /// much gets many updates.
    private static func carriesNothing(_ header: nghttp2_frame_hd) -> Bool {
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue, NGHTTP2_RST_STREAM.rawValue,
            NGHTTP2_WINDOW_UPDATE.rawValue:
            false
        case NGHTTP2_DATA.rawValue:
            header.length == 0 && header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) == 0
        default: true
        }
    }

    /// gRFC A8: the server wants fewer keepalive pings.
    private static func saysTooManyPings(_ frame: nghttp2_goaway) -> Bool {
        frame.error_code == HTTP2ErrorCode.enhanceYourCalm.rawValue
            && UnsafeBufferPointer(start: frame.opaque_data, count: frame.opaque_data_len)
                .elementsEqual("too_many_pings".utf8)
    }

    /// The data source of a request: its messages, then the end of the stream.
    static let dataSource: nghttp2_data_source_read_callback = {
        session, id, target, capacity, flags, source, data in
        guard let pointer = source?.pointee.ptr else {
            return ssize_t(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        let unmanaged = Unmanaged<ClientCall>.fromOpaque(pointer)
        let call = unmanaged.takeUnretainedValue()
        let length = call.outbound.read(
            into: UnsafeMutableRawBufferPointer(start: target, count: capacity))
        if call.outbound.takeDrained() {
            recorder(data)?.pointee.events.append(.drained(unmanaged))
        }
        if call.outbound.isEmpty, call.isSendingEnded {
            flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            return length
        }
        if length == 0 {
            call.isDeferred = true
            return ssize_t(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        return length
    }
}
