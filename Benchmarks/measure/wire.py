"""HTTP/2, gRPC and protobuf by hand: the few bytes a benchmark needs, and no library."""

import socket
import struct

GET = "/cachemanager.v1.Cache/Get"
SET = "/cachemanager.v1.Cache/Set"
GET_MULTI = "/cachemanager.v1.Cache/GetMulti"
SET_MULTI = "/cachemanager.v1.Cache/SetMulti"
STATS = "/cachemanager.v1.Cache/Stats"
STREAM = "/cachemanager.v1.Cache/StreamInvalidations"

PATIENCE_SECONDS = 60
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 0x1, 0x4, 0x1
SETTINGS_INITIAL_WINDOW_SIZE = 4
FRAME_BYTES = 16_384
ONE_HOUR = b"\x08\x90\x1c"  # a Duration of 3,600 s


# protobuf


def varint(number):
    encoded = b""
    while number >= 0x80:
        encoded += bytes([number & 0x7F | 0x80])
        number >>= 7
    return encoded + bytes([number])


def bytes_field(number, value):
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(body):
    """The fields of a message: number to the last value, bytes or an integer."""
    found, at = {}, 0
    while at < len(body):
        tag, at = _read_varint(body, at)
        kind = tag & 7
        if kind == 0:
            value, at = _read_varint(body, at)
        elif kind == 2:
            length, at = _read_varint(body, at)
            value, at = body[at : at + length], at + length
        else:
            size = 8 if kind == 1 else 4
            value, at = body[at : at + size], at + size
        found[tag >> 3] = value
    return found


def _read_varint(body, at):
    value, shift = 0, 0
    while True:
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


# HTTP/2


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def header_block(path, method="POST"):
    """Literals that are never indexed, so that one block serves every stream."""
    pairs = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "bench")]
    if method == "POST":
        pairs += [("te", "trailers"), ("content-type", "application/grpc")]
    block = b""
    for name, value in pairs:
        block += b"\x10" + bytes([len(name)]) + name.encode()
        block += bytes([len(value)]) + value.encode()
    return block


def grpc_message(body):
    return struct.pack(">BI", 0, len(body)) + body


class Connection:
    """One HTTP/2 connection to a server; blocking, acknowledges SETTINGS and PING."""

    def __init__(self, server, initial_window=65_535):
        self._socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.tls:
            self._socket = server.tls.wrap_socket(self._socket, server_hostname="localhost")
        self._input = b""
        settings = struct.pack(">HI", SETTINGS_INITIAL_WINDOW_SIZE, initial_window)
        self._socket.sendall(PREFACE + frame(SETTINGS, 0, 0, settings))

    def send(self, frames):
        self._socket.sendall(frames)

    def close(self):
        self._socket.close()

    def read_frame(self):
        """The next frame as (kind, flags, stream, payload)."""
        head = self._take(9)
        payload = self._take(int.from_bytes(head[:3], "big"))
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        if kind in (SETTINGS, PING) and not flags & ACK:
            self.send(frame(kind, ACK, 0, payload if kind == PING else b""))
        elif kind == GOAWAY:
            raise AssertionError(f"the server closes the connection: {payload!r}")
        return kind, flags, stream, payload

    def _take(self, count):
        while len(self._input) < count:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise AssertionError("the server closed the connection")
            self._input += chunk
        taken, self._input = self._input[:count], self._input[count:]
        return taken


def exchange(server, path, body=None):
    """One request on a connection of its own; the bytes of DATA that came back."""
    connection = Connection(server)
    try:
        method, last = ("GET", END_STREAM) if body is None else ("POST", 0)
        connection.send(frame(HEADERS, END_HEADERS | last, 1, header_block(path, method)))
        if body is not None:
            _send_data(connection, grpc_message(body))
        received = b""
        while True:
            kind, flags, stream, payload = connection.read_frame()
            if kind == RST_STREAM:
                raise AssertionError(f"{path} was reset")
            if kind == DATA:
                received += payload
            if stream == 1 and kind in (DATA, HEADERS) and flags & END_STREAM:
                return received
    finally:
        connection.close()


def _send_data(connection, rest):
    """Sends all of it on stream 1, as the server's windows let it."""
    initial, windows = 65_535, {0: 65_535, 1: 65_535}
    while True:
        size = min(len(rest), FRAME_BYTES, *windows.values())
        if size > 0 or not rest:
            last = END_STREAM if size == len(rest) else 0
            connection.send(frame(DATA, last, 1, rest[:size]))
            if last:
                return
            rest = rest[size:]
            windows = {each: window - size for each, window in windows.items()}
            continue
        kind, flags, stream, payload = connection.read_frame()
        if kind == WINDOW_UPDATE:
            windows[stream] += struct.unpack(">I", payload)[0]
        elif kind == SETTINGS and not flags & ACK:
            for at in range(0, len(payload), 6):
                name, value = struct.unpack(">HI", payload[at : at + 6])
                if name == SETTINGS_INITIAL_WINDOW_SIZE:
                    windows[1] += value - initial
                    initial = value
        elif kind == RST_STREAM:
            raise AssertionError("the request was reset")


def call(server, path, body):
    """One unary call; the fields of its answer. A failed call has no message, and raises."""
    received = exchange(server, path, body)
    if len(received) < 5:
        raise AssertionError(f"{path} failed")
    return fields(received[5:])


def get_file(server, path):
    return exchange(server, path)


# The calls


def get_request(key):
    return bytes_field(1, key.encode())


def store(server, key, value):
    """Set with `no_expiry`."""
    answer = call(server, SET, get_request(key) + bytes_field(2, value) + b"\x20\x01")
    if answer.get(1) != 1:
        raise AssertionError("the value was not stored")


def store_all(server, keys, value):
    """SetMulti with `no_expiry`; as many keys as one batch may have."""
    entries = [get_request(key) + bytes_field(2, value) + b"\x20\x01" for key in keys]
    call(server, SET_MULTI, b"".join(bytes_field(1, entry) for entry in entries))


def fetch(server, key):
    """The value of a Get, or None."""
    answer = call(server, GET, get_request(key))
    return answer.get(2) if answer.get(1) else None


def stats(server):
    """The figures of Stats that the measurements use."""
    answer = call(server, STATS, b"")
    totals, instance = fields(answer.get(1, b"")), fields(answer.get(5, b""))
    return {
        "hits": totals.get(1, 0),
        "l2_hits": totals.get(12, 0),
        "connections": instance.get(4, 0),
        "watchers": instance.get(5, 0),
    }


def subscribe_frames(count):
    """The frames that open so many StreamInvalidations calls on a new connection."""
    block = header_block(STREAM)
    request = grpc_message(bytes_field(1, b"user:*") + bytes_field(3, ONE_HOUR))
    return b"".join(
        frame(HEADERS, END_HEADERS, stream, block) + frame(DATA, END_STREAM, stream, request)
        for stream in range(1, 2 * count, 2)
    )


def is_subscribed(payload):
    """Whether a DATA payload is the message that says the stream is live."""
    return len(payload) > 5 and 2 in fields(payload[5:])
