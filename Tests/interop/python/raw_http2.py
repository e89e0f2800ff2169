"""HTTP/2 by hand, for what a well-behaved client library would never send."""

import select
import socket
import struct
from dataclasses import dataclass, field

import hpack
import http2_frames as frames
from expectations import PATIENCE_SECONDS
from http2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    MAX_FRAME_BYTES,
    PADDED,
    PING,
    PREFACE,
    PRIORITY,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
)


def message(body):
    """A gRPC message: flag, length, bytes."""
    return struct.pack(">BI", 0, len(body)) + body


@dataclass
class Answer:
    """What came on one stream."""

    headers: dict = field(default_factory=dict)
    trailers: dict = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)
    ended: bool = False
    reset_code: int | None = None

    @property
    def status(self):
        """`grpc-status`, from the trailers or from headers that are all there is."""
        value = self.trailers.get("grpc-status", self.headers.get("grpc-status"))
        return None if value is None else int(value)

    def messages(self):
        """The whole gRPC messages so far."""
        rest, found = bytes(self.data), []
        while len(rest) >= 5 and len(rest) >= 5 + struct.unpack(">I", rest[1:5])[0]:
            length = struct.unpack(">I", rest[1:5])[0]
            found.append(rest[5 : 5 + length])
            rest = rest[5 + length :]
        return found


class RawConnection:
    """One connection; acknowledges SETTINGS and PING, and gives window only when asked to.

    With a `preface` of its own it sends just those bytes and no SETTINGS; without `acknowledges`
    it acknowledges nothing, without `acknowledges_pings` no PING.
    """

    def __init__(
        self,
        port,
        initial_window=65535,
        receive_buffer=None,
        settings=(),
        preface=None,
        acknowledges=True,
        acknowledges_pings=True,
    ):
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE_SECONDS)
        if receive_buffer:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = bytearray()
        self._decoder = hpack.Decoder()
        self._block = None  # (flags, stream, bytes) of a header block that is not complete
        self._next_stream = 1
        self._pings = 0
        self._acknowledged = {SETTINGS: acknowledges, PING: acknowledges and acknowledges_pings}
        self.answers = {}
        self.frames = []  # (type, flags, stream, payload) in order of arrival
        self.settings = {}  # what the server announced
        self.windows = {0: 65535}  # what may be sent, where `send_within_windows` counts it
        self.closed = False
        if preface is None:
            pairs = ((INITIAL_WINDOW_SIZE, initial_window), *settings)
            preface = PREFACE + frames.settings(*pairs)
        self.send_bytes(preface)

    # Sending

    def send_bytes(self, *pieces):
        """Sends bytes as they are; a server that has closed behind its last frames is no error,
        for those are still to be read."""
        try:
            self._socket.sendall(b"".join(pieces))
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def send_frame(self, kind, flags, stream, payload):
        """Sends any one frame."""
        self._socket.sendall(frames.frame(kind, flags, stream, payload))

    def open(self, path, *headers, content_type="application/grpc", end=False):
        """Sends the headers of a call; the stream's number comes back."""
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        self.answers[stream] = Answer()
        fields = [
            *frames.request(path, without=("content-type",)),
            ("content-type", content_type),
            *headers,
        ]
        self._socket.sendall(frames.headers(stream, fields, end=end))
        return stream

    def send(self, stream, body, end=False):
        """Sends bytes as DATA, in as many frames as they take."""
        pieces = [body[i : i + MAX_FRAME_BYTES] for i in range(0, len(body), MAX_FRAME_BYTES)]
        for number, piece in enumerate(pieces or [b""], 1):
            last = end and number >= len(pieces)
            self._socket.sendall(frames.data(stream, piece, end=last))

    def send_within_windows(self, stream, frame):
        """Sends a DATA frame when the server has given the window for it, padding included."""
        size = len(frame) - 9
        start = self.settings.get(INITIAL_WINDOW_SIZE, 65535)
        while min(self.windows[0], self.windows.setdefault(stream, start)) < size:
            assert self.read_frame(), f"the connection closed: {self.go_away}"
        for each in (stream, 0):
            self.windows[each] -= size
        self._socket.sendall(frame)

    def give_window(self, stream, size):
        """Lets the server send so many bytes more, on the stream and on the connection."""
        for each in (stream, 0):
            self._socket.sendall(frames.window_update(each, size))

    def reset(self, stream):
        """Cancels a call."""
        self._socket.sendall(frames.reset(stream))

    def call(self, path, body, *headers, **options):
        """One whole unary call: the raw bytes of its DATA, then its answer."""
        stream = self.open(path, *headers, **options)
        self.send(stream, body, end=True)
        return self.answer(stream)

    def skip_to_stream(self, stream):
        """The least number that the next `open` takes, after streams that were opened by hand."""
        self._next_stream = max(self._next_stream, stream)

    # Receiving

    def answer(self, stream):
        """Reads until the stream has ended."""
        return self.read_until(stream, lambda answer: answer.ended, "the end of the stream")

    def read_until(self, stream, condition, what):
        """Reads until the condition holds of what came on the stream."""
        answer = self.answers.setdefault(stream, Answer())
        while not condition(answer):
            assert self.read_frame(), f"the connection closed before {what}: {answer}"
        return answer

    def read_until_closed(self):
        """Reads whatever still comes; the server must close."""
        while self.read_frame():
            pass

    def read_available(self):
        """Reads the frames that are there already."""
        while self._input or select.select([self._socket], [], [], 0)[0]:
            if not self.read_frame():
                return

    def round_trip(self):
        """Reads until a PING came back: by then the server has acted on all that was sent.
        False when it has closed."""
        self._pings += 1
        opaque = b"ping" + struct.pack(">I", self._pings)
        self.send_bytes(frames.ping(opaque))
        while self.read_frame():
            kind, flags, _, payload = self.frames[-1]
            if (kind, flags & ACK, payload) == (PING, ACK, opaque):
                return True
        return False

    @property
    def go_away(self):
        """The last GOAWAY that came: last stream, code, debug text; None without one."""
        for kind, _, _, payload in reversed(self.frames):
            if kind == GOAWAY:
                return (*struct.unpack(">II", payload[:8]), payload[8:].decode("utf-8", "replace"))
        return None

    @property
    def table_bytes(self):
        """What the server's header blocks have left in the dynamic table."""
        return self._decoder.table_bytes

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
        taken = bytes(self._input[:count])
        del self._input[:count]
        return taken

    def _apply(self, kind, flags, stream, payload):
        if self._block and kind != CONTINUATION:
            raise AssertionError(f"frame {kind} came within a header block")
        if kind in (SETTINGS, PING) and not flags & ACK:
            self._control(kind, payload)
        elif kind == HEADERS:
            self._block = (flags, stream, _unpadded(flags, payload))
        elif kind == CONTINUATION:
            first, same, block = self._block
            assert same == stream, "a CONTINUATION came on another stream"
            self._block = (first, stream, block + payload)
        elif kind == DATA:
            answer = self.answers.setdefault(stream, Answer())
            assert not answer.ended and not answer.trailers, f"DATA after the end of {stream}"
            answer.data += _unpadded(flags, payload)
            answer.ended = bool(flags & END_STREAM)
        elif kind == RST_STREAM:
            answer = self.answers.setdefault(stream, Answer())
            if not answer.ended:
                answer.reset_code = int.from_bytes(payload, "big")
            answer.ended = True
        elif kind == WINDOW_UPDATE and (stream == 0 or stream in self.windows):
            self.windows[stream] += int.from_bytes(payload, "big")
        if kind in (HEADERS, CONTINUATION) and flags & END_HEADERS:
            self._fields(*self._block)
            self._block = None

    def _control(self, kind, payload):
        if kind == SETTINGS:
            self.settings.update(struct.iter_unpack(">HI", payload))
        if self._acknowledged[kind]:
            self.send_bytes(frames.frame(kind, ACK, 0, payload if kind == PING else b""))

    def _fields(self, flags, stream, block):
        answer = self.answers.setdefault(stream, Answer())
        fields = dict(self._decoder.decode(block))
        if answer.headers:
            answer.trailers = fields
        else:
            answer.headers = fields
        answer.ended = bool(flags & END_STREAM)


def _unpadded(flags, payload):
    start, end = 0, len(payload)
    if flags & PADDED:
        start, end = 1, end - payload[0]
    if flags & PRIORITY:
        start += 5
    return payload[start:end]
