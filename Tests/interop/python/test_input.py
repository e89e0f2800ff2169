"""Bad requests through a real client: each gets a precise status that names its field, the
connection lives on, and nothing is stored."""

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

import contract
from contract import cache as pb
from contract import events
from expectations import refused
from server_process import CHANNEL_OPTIONS
from tcp_proxy import TCPProxy

INVALID = grpc.StatusCode.INVALID_ARGUMENT
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
INTERNAL = grpc.StatusCode.INTERNAL

KEY_METHODS = {
    "Get": pb.GetRequest,
    "Set": pb.SetRequest,
    "Delete": pb.DeleteRequest,
    "Exists": pb.ExistsRequest,
    "Touch": pb.TouchRequest,
}
BAD_KEYS = {
    "empty": "",
    "too-long": "k" * 1025,
    "too-long-in-bytes": "é" * 512 + "x",
    "nul": "a\0b",
    "line-break": "a\nb",
    "escape": "\x1b[31m",
    "delete": "a\x7f",
}
BAD_TTLS = {
    "negative": Duration(seconds=-1),
    "negative-nanos": Duration(nanos=-1),
    "zero": Duration(),
    "eleven-years": Duration(seconds=11 * 366 * 86400),
    "largest": Duration(seconds=2**63 - 1, nanos=999_999_999),
    "smallest": Duration(seconds=-(2**63)),
    "nanos-too-large": Duration(seconds=1, nanos=1_000_000_000),
    "nanos-of-other-sign": Duration(seconds=1, nanos=-1),
}
BAD_PATTERNS = {
    "unclosed-set": "user:[a-",
    "empty-set": "user:[]",
    "backwards": "[z-a]",
    "nothing-escaped": "user:\\",
    "too-long": "*" * 1025,
}
MANY = 100_000


def bad_keys():
    for method, request in KEY_METHODS.items():
        for name, key in BAD_KEYS.items():
            yield f"{method}-{name}", method, request(key=key), INVALID, "key"
        yield f"{method}-not-utf8", method, b"\x0a\x03a\xffb", INVALID, "key"
        yield f"{method}-cut-utf8", method, b"\x0a\x02a\xc3", INVALID, "key"
        yield f"{method}-surrogate", method, b"\x0a\x03\xed\xa0\x80", INVALID, "key"
        yield f"{method}-overlong", method, b"\x0a\x02\xc0\xaf", INVALID, "key"


def bad_ttls():
    for name, ttl in BAD_TTLS.items():
        yield f"Set-{name}", "Set", pb.SetRequest(key="bad", ttl=ttl), INVALID, "ttl"
        yield f"Touch-{name}", "Touch", pb.TouchRequest(key="bad", ttl=ttl), INVALID, "ttl"
    both = {"key": "bad", "ttl": Duration(seconds=1), "no_expiry": True}
    for method, request in [("Set", pb.SetRequest), ("Touch", pb.TouchRequest)]:
        yield f"{method}-both", method, request(**both), INVALID, ("ttl", "no_expiry")


def bad_writes():
    def write(name, code, field, **fields):
        return f"Set-{name}", "Set", pb.SetRequest(key="bad", **fields), code, field

    yield write("value-too-large", EXHAUSTED, "value", value=bytes(1024 * 1024 + 1))
    yield write("if-absent-false", INVALID, "if_absent", if_absent=False)
    yield write("if-present-false", INVALID, "if_present", if_present=False)
    yield write("if-version-zero", INVALID, "if_version", if_version=0)
    yield write("content-type", INVALID, "content_type", content_type="a/" + "b" * 254)
    yield write("pairs", INVALID, "metadata", metadata={str(n): "" for n in range(65)})
    yield write("metadata", INVALID, "metadata", metadata={"k": "v" * 8192})
    yield write("tags", INVALID, "tags", tags=[str(n) for n in range(33)])
    yield write("tag-empty", INVALID, "tags", tags=["good", ""])
    yield write("tag-too-long", INVALID, "tags", tags=["t" * 257])
    yield "Get-mode", "Get", pb.GetRequest(key="good:1", mode=99), INVALID, "mode"
    yield "Set-content-type-utf8", "Set", b"\x0a\x03bad\x42\x01\xff", INVALID, "content_type"
    yield "Set-tag-utf8", "Set", b"\x0a\x03bad\x52\x01\xff", INVALID, "tags"
    pair = b"\x0a\x03bad\x4a\x06\x0a\x01\xff\x12\x01v"
    yield "Set-metadata-utf8", "Set", pair, INVALID, "metadata"


def bad_selectors():
    def invalidate(name, code, field, **fields):
        return f"Invalidate-{name}", "Invalidate", pb.InvalidateRequest(**fields), code, field

    for name, pattern in BAD_PATTERNS.items():
        yield f"Keys-{name}", "Keys", pb.KeysRequest(pattern=pattern), INVALID, "pattern"
        yield invalidate(name, INVALID, "pattern", pattern=pattern)
        request = events.StreamInvalidationsRequest(patterns=["good:*", pattern])
        yield f"Stream-{name}", "StreamInvalidations", request, INVALID, "patterns"
    yield invalidate("nothing", INVALID, "selector")
    yield invalidate("empty-pattern", INVALID, "pattern", pattern="")
    yield invalidate("empty-tag", INVALID, "tag", tag="")
    yield invalidate("long-tag", INVALID, "tag", tag="t" * 257)
    yield invalidate("everything-false", INVALID, "everything", everything=False)
    yield invalidate("bad-key", INVALID, "keys", keys=pb.KeyList(keys=["good", ""]))
    yield invalidate("reason", INVALID, "reason", everything=True, reason="r" * 257)
    yield "Keys-utf8", "Keys", b"\x0a\x02*\xff", INVALID, "pattern"
    for size in (-1, 10_001, 2**31 - 1):
        yield f"Keys-size-{size}", "Keys", pb.KeysRequest(page_size=size), INVALID, "page_size"
    for name, token in {"text": "garbage!", "base64": "QUJDRA==", "long": "A" * 5000}.items():
        yield f"Keys-{name}", "Keys", pb.KeysRequest(page_token=token), INVALID, "page_token"


def bad_batches():
    many = [f"bad{number}" for number in range(MANY)]
    entries = [pb.SetRequest(key=key) for key in many]
    reads, removals = ("GetMulti", pb.GetMultiRequest), ("DeleteMulti", pb.DeleteMultiRequest)
    for method, request in [reads, removals]:
        yield f"{method}-empty", method, request(), INVALID, "keys"
        yield f"{method}-many", method, request(keys=many), EXHAUSTED, "keys"
    yield "SetMulti-empty", "SetMulti", pb.SetMultiRequest(), INVALID, "entries"
    yield "SetMulti-many", "SetMulti", pb.SetMultiRequest(entries=entries), EXHAUSTED, "entries"
    empty = pb.InvalidateRequest(keys=pb.KeyList())
    full = pb.InvalidateRequest(keys=pb.KeyList(keys=many))
    yield "Invalidate-empty", "Invalidate", empty, INVALID, "keys"
    yield "Invalidate-many", "Invalidate", full, EXHAUSTED, "keys"


def bad_subscriptions():
    def subscribe(name, field, code=INVALID, **fields):
        request = events.StreamInvalidationsRequest(**fields)
        return f"Stream-{name}", "StreamInvalidations", request, code, field

    for name, span in {
        "short": Duration(nanos=999_999_999),
        "long": Duration(seconds=3601),
        "negative": Duration(seconds=-5),
        "zero": Duration(),
        "nanos": Duration(seconds=5, nanos=2_000_000_000),
    }.items():
        yield subscribe(f"heartbeat-{name}", "heartbeat_interval", heartbeat_interval=span)
    for name, token in {"text": b"garbage", "zeros": bytes(40), "long": b"\xff" * 9000}.items():
        yield subscribe(f"token-{name}", "resume_token", resume_token=token)
    yield subscribe("empty-pattern", "patterns", patterns=["a", ""])
    yield subscribe("101-patterns", "patterns", EXHAUSTED, patterns=[str(n) for n in range(101)])
    yield subscribe("origin", "skip_origin_id", skip_origin_id="o" * 129)


def unreadable():
    others = ["GetMulti", "SetMulti", "Invalidate", "Keys", "StreamInvalidations"]
    for method in [*KEY_METHODS, *others]:
        for name, garbage in {
            "garbage": b"\xff\xff\xff\xff\xff",
            "field-zero": b"\x00\x01",
            "cut": b"\x0a\x7fabc",
            "endless-number": b"\x80\x40" + b"\xff" * 11,
        }.items():
            yield f"{method}-{name}", method, garbage, INTERNAL, ()
    yield "Set-in-ttl", "Set", b"\x0a\x03bad\x1a\x02\x08\xff", INTERNAL, ()


CASES = [
    pytest.param(method, request, code, field, id=name)
    for source in (
        bad_keys, bad_ttls, bad_writes, bad_selectors, bad_batches, bad_subscriptions, unreadable,
    )
    for name, method, request, code, field in source()
]  # fmt: skip


class Line:
    """A channel through a proxy that counts, so that a lost connection cannot go unseen."""

    def __init__(self, server):
        self.server = server
        self.proxy = TCPProxy(server.port)
        self.channel = grpc.insecure_channel(self.proxy.address, options=CHANNEL_OPTIONS)
        self.cache = contract.cache_grpc.CacheStub(self.channel)

    def call(self, method, request, **options):
        """One call of bytes; the first answer of a stream."""
        body = request if isinstance(request, bytes) else request.SerializeToString()
        path = contract.path(method)
        if method == "StreamInvalidations":
            return next(self.channel.unary_stream(path, None, None)(body, timeout=30, **options))
        return self.channel.unary_unary(path, None, None)(body, timeout=30, **options)

    def written(self):
        """What a write would have changed."""
        totals = self.server.stats().totals
        return totals.sets, totals.deletes, totals.invalidations, totals.l1_size

    def close(self):
        self.channel.close()
        self.proxy.close()


@pytest.fixture(scope="module")
def line(shared_server):
    line = Line(shared_server)
    yield line
    line.close()


@pytest.fixture(autouse=True)
def unharmed(line):
    """Whatever a test sent: the connection is the same one and answers, nothing was stored."""
    line.cache.Set(pb.SetRequest(key="good:1", value=b"kept"), timeout=30)
    before = line.written()
    yield
    assert line.cache.Get(pb.GetRequest(key="good:1"), timeout=30).value == b"kept"
    assert line.proxy.accepted == 1, "the connection was lost"
    assert line.written() == before


@pytest.mark.parametrize("method, request_message, code, fields", CASES)
def test_a_bad_request_is_refused(line, method, request_message, code, fields):
    fields = (fields,) if isinstance(fields, str) else fields
    refused(lambda: line.call(method, request_message), code, *fields)


@pytest.mark.parametrize("method", ["Set", "Delete", "Touch", "Invalidate"])
def test_a_writer_with_too_long_a_name_is_refused(line, method):
    everything = pb.InvalidateRequest(everything=True)
    request = everything if method == "Invalidate" else KEY_METHODS[method](key="bad")
    field = "x-cache-origin-id"
    refused(lambda: line.call(method, request, metadata=[(field, "o" * 129)]), INVALID, field)


def test_a_refusal_repeats_neither_value_nor_token(line):
    request = pb.SetRequest(key="bad", value=b"s3cr3t-" * 200_000)
    error = refused(lambda: line.call("Set", request), EXHAUSTED, "value")
    assert "s3cr3t" not in error.details()
    request = events.StreamInvalidationsRequest(resume_token=b"s3cr3t")
    error = refused(lambda: line.call("StreamInvalidations", request), INVALID, "resume_token")
    assert "s3cr3t" not in error.details()


def test_a_token_cut_short_is_refused(line, watch):
    whole = watch(line.cache).last_token
    for length in range(1, len(whole)):
        request = events.StreamInvalidationsRequest(resume_token=whole[:length])
        refused(lambda: line.call("StreamInvalidations", request), INVALID, "resume_token")


def test_a_message_over_the_limit_is_refused(line):
    body = pb.SetRequest(key="bad", value=bytes(4 * 1024 * 1024)).SerializeToString()
    refused(lambda: line.call("Set", body), EXHAUSTED)


def test_the_limits_are_settings(start_server):
    server = start_server(max_value_bytes=2048, max_message_bytes=256 * 1024)
    server.cache.Set(pb.SetRequest(key="k", value=bytes(2048)))
    refused(lambda: server.cache.Set(pb.SetRequest(key="k", value=bytes(2049))), EXHAUSTED, "value")
    refused(lambda: server.cache.Set(pb.SetRequest(key="k", value=bytes(300_000))), EXHAUSTED)
    assert server.cache.Get(pb.GetRequest(key="k")).value == bytes(2048)


@pytest.mark.parametrize(
    "path",
    [
        "/cachemanager.v1.Cache/Fetch",
        "/cachemanager.v1.Cache/get",
        "/cachemanager.v1.cache/Get",
        "/cachemanager.v2.Cache/Get",
        "/cachemanager.v1.Cache/",
        "/cachemanager.v1.Cache/Get/",
        "/Get",
        "/",
        "/" + "x" * 4000,
    ],
    ids=lambda path: path[:32],
)
def test_an_unknown_method_is_unimplemented(line, path):
    call = line.channel.unary_unary(path, None, None)
    refused(lambda: call(b"", timeout=30), grpc.StatusCode.UNIMPLEMENTED)
