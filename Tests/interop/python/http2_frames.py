"""Frames of HTTP/2 (RFC 9113 section 6) as bytes, the wrong ones too."""

import struct

import hpack

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

DATA, HEADERS, PRIORITY_FRAME, RST_STREAM, SETTINGS = 0, 1, 2, 3, 4
PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 5, 6, 7, 8, 9

END_STREAM, END_HEADERS, PADDED, PRIORITY, ACK = 0x1, 0x4, 0x8, 0x20, 0x1

HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_CONCURRENT_STREAMS = 1, 2, 3
INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE, MAX_HEADER_LIST_SIZE = 4, 5, 6
NO_RFC7540_PRIORITIES = 9

NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 2, 3
SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM = 4, 5, 6, 7
CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = 8, 9, 10, 11

MAX_FRAME_BYTES = 16384
MAX_WINDOW = 2**31 - 1


def frame(kind, flags, stream, payload=b""):
    """Any frame at all; `stream` may carry the reserved bit."""
    head = struct.pack(">I", len(payload))[1:]
    return head + struct.pack(">BBI", kind, flags, stream) + payload


def padded(flags, payload, pad, fill=b"\0"):
    """Flags and payload with so many bytes of padding; None is no padding."""
    if pad is None:
        return flags, payload
    return flags | PADDED, bytes([pad]) + payload + fill * pad


def data(stream, payload=b"", end=False, pad=None):
    """One DATA frame, however long."""
    flags, payload = padded(END_STREAM if end else 0, payload, pad)
    return frame(DATA, flags, stream, payload)


def headers(stream, block, end=False, last=True, pad=None, priority=None):
    """One HEADERS frame; a list of fields becomes a block of literals."""
    block = block if isinstance(block, bytes) else hpack.encode(block)
    flags = (END_STREAM if end else 0) | (END_HEADERS if last else 0)
    if priority is not None:
        flags, block = flags | PRIORITY, priority + block
    flags, payload = padded(flags, block, pad)
    return frame(HEADERS, flags, stream, payload)


def continuation(stream, block, last=True):
    """One CONTINUATION frame."""
    return frame(CONTINUATION, END_HEADERS if last else 0, stream, block)


def dependency(stream, weight=15, exclusive=False):
    """The five bytes by which priority was told (RFC 7540 section 5.3), deprecated since."""
    return struct.pack(">IB", stream | (0x80000000 if exclusive else 0), weight)


def priority(stream, fields=dependency(0)):
    """One PRIORITY frame."""
    return frame(PRIORITY_FRAME, 0, stream, fields)


def reset(stream, code=CANCEL):
    """One RST_STREAM frame."""
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def settings(*pairs):
    """One SETTINGS frame of (identifier, value) pairs."""
    payload = b"".join(struct.pack(">HI", identifier, value) for identifier, value in pairs)
    return frame(SETTINGS, 0, 0, payload)


SETTINGS_ACK = frame(SETTINGS, ACK, 0)


def ping(payload=b"8 octets", flags=0):
    """One PING frame."""
    return frame(PING, flags, 0, payload)


def go_away(last=0, code=NO_ERROR, debug=b""):
    """One GOAWAY frame."""
    return frame(GOAWAY, 0, 0, struct.pack(">II", last, code) + debug)


def window_update(stream, increment):
    """One WINDOW_UPDATE frame."""
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def request(path, *more, without=(), **replaced):
    """The fields of a gRPC call; `method="GET"` replaces `:method`, `without` leaves some out."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    for name, value in replaced.items():
        fields[name if name == "te" else ":" + name] = value
    return [pair for pair in fields.items() if pair[0] not in without] + list(more)
