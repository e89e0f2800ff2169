"""HTTP/2 by hand, for what a well-behaved client library would never send."""

import socket
import struct
from dataclasses import dataclass, field

import hpack
from expectations import PATIENCE_SECONDS

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, PADDED, PRIORITY, ACK = 0x1, 0x4, 0x8, 0x20, 0x1
SETTINGS_INITIAL_WINDOW_SIZE = 4
CANCEL = 8
MAX_FRAME_BYTES = 16384


def message(body):
    """A gRPC message: flag, length, bytes."""
    return struct.pack(">BI", 0, len(body)) + body


@dataclass
class Answer:
    """What came on one stream."""

    headers: dict = field(default_factory=dict)
    trailers: dict = field(default_factory=dict)
    data: bytes = b""
    ended: bool = False
    reset_code: int | None = None

    @property
    def status(self):
        """`grpc-status`, from the trailers or from headers that are all there is."""
        value = self.trailers.get("grpc-status", self.headers.get("grpc-status"))
        return None if value is None else int(value)

    def messages(self):
        """The whole gRPC messages so far."""
        rest, found = self.data, []
        while len(rest) >= 5 and len(rest) >= 5 + struct.unpack(">I", rest[1:5])[0]:
            length = struct.unpack(">I", rest[1:5])[0]
            found.append(rest[5 : 5 + length])
            rest = rest[5 + length :]
        return found


class RawConnection:
    """One connection; acknowledges SETTINGS and PING, and gives window only when asked to."""

    def __init__(self, port, initial_window=65535, receive_buffer=None):
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE_SECONDS)
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = b""
        self._decoder = hpack.Decoder()
        self._next_stream = 1
        self.answers = {}
        self.frames = []  # (type, flags, stream, payload) in order of arrival
        self.closed = False
        settings = struct.pack(">HI", SETTINGS_INITIAL_WINDOW_SIZE, initial_window)
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + _frame(SETTINGS, 0, 0, settings))

    # Sending

    def open(self, path, *headers, content_type="application/grpc", end=False):
        """Sends the headers of a call; the stream's number comes back."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self.answers[stream] = Answer()
        fields = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", path),
            (":authority", "localhost"),
            ("te", "trailers"),
            ("content-type", content_type),
            *headers,
        ]
        flags = END_HEADERS | (END_STREAM if end else 0)
        self._socket.sendall(_frame(HEADERS, flags, stream, hpack.encode(fields)))
        return stream

    def send(self, stream, body, end=False):
        """Sends bytes as DATA, in as many frames as they take."""
        pieces = [body[i : i + MAX_FRAME_BYTES] for i in range(0, len(body), MAX_FRAME_BYTES)]
        for number, piece in enumerate(pieces or [b""], 1):
            last = end and number >= len(pieces)
            self._socket.sendall(_frame(DATA, END_STREAM if last else 0, stream, piece))

    def give_window(self, stream, size):
        """Lets the server send so many bytes more, on the stream and on the connection."""
        for each in (stream, 0):
            self._socket.sendall(_frame(WINDOW_UPDATE, 0, each, struct.pack(">I", size)))

    def reset(self, stream):
        """Cancels a call."""
        self._socket.sendall(_frame(RST_STREAM, 0, stream, struct.pack(">I", CANCEL)))

    def call(self, path, body, *headers, **options):
        """One whole unary call: the raw bytes of its DATA, then its answer."""
        stream = self.open(path, *headers, **options)
        self.send(stream, body, end=True)
        return self.answer(stream)

    # Receiving

    def answer(self, stream):
        """Reads until the stream has ended."""
        return self.read_until(stream, lambda answer: answer.ended, "the end of the stream")

    def read_until(self, stream, condition, what):
        """Reads until the condition holds of what came on the stream."""
        answer = self.answers[stream]
        while not condition(answer):
            assert self.read_frame(), f"the connection closed before {what}: {answer}"
        return answer

    def read_until_closed(self):
        """Reads whatever still comes; the server must close."""
        while self.read_frame():
            pass

    def read_frame(self):
        """Reads and applies one frame; False when the server has closed."""
        head = self._take(9)
        if head is None:
            self.closed = True
            return False
        length = int.from_bytes(head[:3], "big")
        kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big") & 0x7FFFFFFF
        payload = self._take(length)
        if payload is None:
            self.closed = True
            return False
        self.frames.append((kind, flags, stream, payload))
        self._apply(kind, flags, stream, payload)
        return True

    def close(self, abruptly=False):
        if abruptly:
            linger = struct.pack("ii", 1, 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._socket.close()

    # Private

    def _take(self, count):
        while len(self._input) < count:
            try:
                chunk = self._socket.recv(256 * 1024)
            except ConnectionResetError:
                return None
            except TimeoutError:
                raise AssertionError(
                    f"the server sent nothing for {PATIENCE_SECONDS} s: {self.answers}"
                ) from None
            if not chunk:
                return None
            self._input += chunk
        taken, self._input = self._input[:count], self._input[count:]
        return taken

    def _apply(self, kind, flags, stream, payload):
        if kind in (SETTINGS, PING) and not flags & ACK:
            reply = payload if kind == PING else b""
            try:
                self._socket.sendall(_frame(kind, ACK, 0, reply))
            except (BrokenPipeError, ConnectionResetError):
                pass  # the server closed behind its last frames, which are still to be read
        elif kind == HEADERS:
            assert flags & END_HEADERS, "no answer of ours needs a CONTINUATION"
            answer = self.answers[stream]
            fields = dict(self._decoder.decode(_unpadded(flags, payload)))
            if answer.headers:
                answer.trailers = fields
            else:
                answer.headers = fields
        elif kind == DATA:
            self.answers[stream].data += _unpadded(flags, payload)
        elif kind == RST_STREAM and stream in self.answers:
            answer = self.answers[stream]
            if not answer.ended:
                answer.reset_code = int.from_bytes(payload, "big")
            answer.ended = True
        if kind in (HEADERS, DATA) and flags & END_STREAM:
            self.answers[stream].ended = True


def _unpadded(flags, payload):
    start, end = 0, len(payload)
    if flags & PADDED:
        start, end = 1, end - payload[0]
    if flags & PRIORITY:
        start += 5
    return payload[start:end]


def _frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload
