"""Requests as RFC 9113 section 8 has them, and header blocks as RFC 7541 has them."""

import http2_frames as f
import hpack
from hpack import INDEXED, NEVER_INDEXED, WITHOUT_INDEX, encode, indexed, literal, table_size
from http2_frames import (
    COMPRESSION_ERROR,
    PROTOCOL_ERROR,
    continuation,
    data,
    headers,
    request,
    settings,
)
from http2_rows import (
    ABSENT,
    EMPTY,
    GET,
    INVALID_ARGUMENT,
    OK,
    UNIMPLEMENTED,
    Row,
    answers,
    body,
    call,
    connection_error,
    goes_on,
    http_status,
    round_trip,
    stream_error,
    table,
)

BLOCK = encode(request(GET))
malformed = stream_error(PROTOCOL_ERROR)
bad_request = http_status("400", reset_code=PROTOCOL_ERROR)


def spoiled(*fields):
    """A call with these fields behind its proper ones."""
    return headers(1, request(GET, *fields))


EXCHANGES = [
    Row("8.1", "a call", (call(), body()), answers()),
    Row("8.1", "a call with trailers",
        (call(), data(1, ABSENT), headers(1, [("x-checksum", "1")], end=True)), answers()),
    Row("8.1", "a call that ends with empty trailers",
        (call(), data(1, ABSENT), headers(1, [], end=True)), answers()),
    Row("8.1", "trailers without END_STREAM",
        (call(), data(1, ABSENT), headers(1, [("x-checksum", "1")])), malformed),
    Row("8.1", "a second header block without END_STREAM", (call(), call()), malformed),
    Row("8.1", "GET", (headers(1, request("/", method="GET"), end=True),), http_status("405")),
    Row("8.1", "HEAD", (headers(1, request("/", method="HEAD"), end=True),), http_status("405")),
    Row("8.1", "OPTIONS of everything",
        (headers(1, request("*", method="OPTIONS"), end=True),), http_status("405")),
    Row("8.5", "CONNECT",
        (headers(1, request(GET, method="CONNECT", without=(":scheme", ":path")), end=True),),
        http_status("405")),
    Row("8.1", "POST without gRPC's content type",
        (headers(1, request("/", without=("content-type",)), end=True),), http_status("415")),
]  # fmt: skip

FIELDS = [
    Row("8.2.1", "an upper-case name", (spoiled(("X-Upper", "1")),), malformed),
    Row("8.2.1", "an upper-case name in trailers",
        (call(), data(1, ABSENT), headers(1, [("X-Upper", "1")], end=True)), malformed),
    Row("8.2.1", "an empty name", (spoiled(("", "1")),), malformed),
    Row("8.2.1", "a blank in a name", (spoiled(("x y", "1")),), malformed),
    Row("8.2.1", "a colon in a name", (spoiled(("x:y", "1")),), malformed),
    Row("8.2.1", "a NUL in a name", (spoiled(("x\0y", "1")),), malformed),
    Row("8.2.1", "a NUL in a value", (spoiled(("x", "a\0b")),), malformed),
    Row("8.2.1", "a line feed in a value", (spoiled(("x", "a\nb")),), malformed),
    Row("8.2.1", "a carriage return in a value", (spoiled(("x", "a\rb")),), malformed),
    Row("8.2.1", "an empty value", (spoiled(("x", "")), body()), answers()),
    Row("8.2.1", "blanks around a value",
        (spoiled(("x", " \ta b\t ")), body()), answers(),
        "the section calls it malformed; gRPC's clients send it, so it is stripped"),
    Row("8.2.2", "connection", (spoiled(("connection", "keep-alive")),), malformed),
    Row("8.2.2", "keep-alive", (spoiled(("keep-alive", "timeout=5")),), malformed),
    Row("8.2.2", "proxy-connection", (spoiled(("proxy-connection", "close")),), malformed),
    Row("8.2.2", "transfer-encoding", (spoiled(("transfer-encoding", "chunked")),), malformed),
    Row("8.2.2", "upgrade", (spoiled(("upgrade", "h2c")),), malformed),
    Row("8.2.2", "te: trailers", (call(), body()), answers()),
    Row("8.2.2", "no te", (headers(1, request(GET, without=("te",))), body()), answers()),
    Row("8.2.2", "another te", (headers(1, request(GET, te="trailers, deflate")),), malformed),
    Row("8.2.3", "a cookie in pieces", (spoiled(("cookie", "a=b"), ("cookie", "c=d")), body()),
        answers()),
]  # fmt: skip

PSEUDO_HEADERS = [
    Row("8.3", "an unknown one", (headers(1, [(":test", "ok"), *request(GET)]),), malformed),
    Row("8.3", "one of a response", (headers(1, [(":status", "200"), *request(GET)]),), malformed),
    Row("8.3", "one behind a field", (spoiled((":test", "ok")),), malformed),
    Row("8.3", "a known one behind a field",
        (headers(1, [*request(GET, without=(":path",)), (":path", GET)]),), malformed),
    Row("8.3", "one in trailers",
        (call(), data(1, ABSENT), headers(1, [(":method", "POST")], end=True)), malformed),
    Row("8.3.1", "an empty :path", (headers(1, request("")),), malformed),
    Row("8.3.1", "a :path without a slash", (headers(1, request("Get")),), malformed),
    Row("8.3.1", "no :method", (headers(1, request(GET, without=(":method",))),), malformed),
    Row("8.3.1", "no :scheme", (headers(1, request(GET, without=(":scheme",))),), malformed),
    Row("8.3.1", "no :path", (headers(1, request(GET, without=(":path",))),), malformed),
    Row("8.3.1", "no :authority",
        (headers(1, request(GET, without=(":authority",))), body()), malformed,
        "neither :authority nor host says whom the call is for"),
    Row("8.3.1", "host in place of :authority",
        (headers(1, request(GET, ("host", "a"), without=(":authority",))), body()), answers()),
    Row("8.3.1", "host beside :authority", (spoiled(("host", "other")), body()), answers(),
        "gRFC A41: host is discarded"),
    Row("8.3.1", "an empty :authority",
        (headers(1, request(GET, authority="")),), malformed),
    Row("8.3.1", "blanks in :authority", (headers(1, request(GET, authority="a b")),), malformed),
    Row("8.3.1", "two :method", (headers(1, [(":method", "POST"), *request(GET)]),), malformed),
    Row("8.3.1", "two :scheme", (headers(1, [(":scheme", "http"), *request(GET)]),), malformed),
    Row("8.3.1", "two :path", (headers(1, [(":path", GET), *request(GET)]),), malformed),
    Row("8.3.1", "two :authority",
        (headers(1, [(":authority", "a"), *request(GET)]),), bad_request, "gRFC A41"),
    Row("8.3.1", "two host",
        (headers(1, request(GET, ("host", "a"), ("host", "b"), without=(":authority",))),),
        bad_request, "gRFC A41"),
    Row("8.3.1", "https over a connection in the clear",
        (headers(1, request(GET, scheme="https")), body()), answers()),
]  # fmt: skip

CONTENT_LENGTH = [
    Row("8.1.1", "the right content-length",
        (call(1, ("content-length", str(len(ABSENT)))), body()), answers()),
    Row("8.1.1", "too much DATA", (call(1, ("content-length", "1")), body()), malformed),
    Row("8.1.1", "too much DATA, in pieces",
        (call(1, ("content-length", "6")), data(1, ABSENT[:3]), data(1, ABSENT[3:], end=True)),
        malformed),
    Row("8.1.1", "too little DATA", (call(1, ("content-length", "99")), body()), malformed),
    Row("8.1.1", "a length and no DATA",
        (headers(1, request(GET, ("content-length", "9")), end=True),), malformed),
    Row("8.1.1", "a content-length that is no number",
        (call(1, ("content-length", "x")),), malformed),
    Row("8.1.1", "two content-lengths",
        (call(1, ("content-length", "9"), ("content-length", "9")),), malformed),
    Row("8.1.1", "padding is not content",
        (call(1, ("content-length", str(len(ABSENT)))), data(1, ABSENT, end=True, pad=99)),
        answers()),
]  # fmt: skip


def compressed(name, *pieces, comes=answers(), more=(), section="6.2"):
    """A call whose last fields have this form; the connection must read on after it."""
    block = encode(request(GET)) + b"".join(pieces)
    return Row(section, name, (headers(1, block), body(), *more), comes)


def refused(section, name, *pieces, before=b""):
    """A header block that cannot be read, so that no other can be read after it."""
    return Row(section, name, (headers(1, before + BLOCK + b"".join(pieces)),),
               connection_error(COMPRESSION_ERROR))


HPACK = [
    Row("HPACK 6.1", "all of a call from the static table and literals",
        (headers(1, indexed(3) + indexed(6) + literal(4, GET, INDEXED) + literal(1, "a", INDEXED)
                 + literal(31, "application/grpc", INDEXED)), body()), answers()),
    Row("HPACK 6.1", "a second call from the dynamic table",
        (headers(1, indexed(3) + indexed(6) + literal(4, GET, INDEXED) + literal(1, "a", INDEXED)
                 + literal(31, "application/grpc", INDEXED)), body(),
         headers(3, indexed(3) + indexed(6) + indexed(64) + indexed(63) + indexed(62)), body(3)),
        answers(stream=3)),
    *(compressed(f"{what}, {which}{', Huffman' if huffman else ''}",
                 literal(name, "value", form, huffman), section=f"HPACK 6.2.{number}")
      for number, what, form in [(1, "indexed", INDEXED), (2, "not indexed", WITHOUT_INDEX),
                                 (3, "never indexed", NEVER_INDEXED)]
      for which, name in [("a name of the table", 60), ("a new name", "x-new")]
      for huffman in (False, True)),
    Row("HPACK 6.3", "a change of the table's size", (headers(1, table_size(100) + BLOCK), body()),
        answers()),
    Row("HPACK 6.3", "two changes of the table's size",
        (headers(1, table_size(0) + table_size(4096) + BLOCK), body()), answers()),
    Row("HPACK 4.4", "an entry larger than the table empties it",
        (headers(1, BLOCK + literal("x", "y" * 5000, INDEXED)), body()), answers()),
    refused("HPACK 4.4", "an entry that was evicted",
            literal("x", "1", INDEXED), literal("x", "y" * 5000, INDEXED), indexed(62)),
    refused("HPACK 2.3.3", "an index beyond the tables", indexed(70)),
    refused("HPACK 2.3.3", "the name of an index beyond the tables", literal(70, "x", INDEXED)),
    refused("HPACK 4.2", "a size that changes at the end of a block", table_size(1)),
    refused("HPACK 5.1", "a number that never ends", b"\xff" + b"\xff" * 10),
    refused("HPACK 5.1", "a number above 2^32", b"\xff" + b"\xff" * 5 + b"\x0f"),
    refused("HPACK 5.2", "Huffman padding of more than 7 bits",
            b"\x10" + hpack.string("x") + hpack.integer(2, 7, 0x80)
            + hpack.huffman_encode("a") + b"\xff"),
    refused("HPACK 5.2", "Huffman padding of zeros",
            b"\x10" + hpack.string("x") + hpack.integer(1, 7, 0x80)
            + hpack.huffman_encode("a", fill="0")),
    refused("HPACK 5.2", "Huffman with the end of string in it",
            b"\x10" + hpack.string("x") + hpack.integer(4, 7, 0x80) + b"\xff\xff\xff\xff"),
    refused("HPACK 5.2", "a string longer than its block", b"\x10\x01x\x7f\x00"),
    refused("HPACK 6.1", "index 0", indexed(0)),
    refused("HPACK 6.3", "a size above what was announced", before=table_size(4097)),
    refused("4.3", "a block that ends within a field", b"\x10\x05x"),
    Row("4.3", "a block that ends within a field, over CONTINUATION",
        (headers(1, BLOCK, last=False), continuation(1, b"\x10\x05x")),
        connection_error(COMPRESSION_ERROR)),
    Row("4.3", "a refused stream's block still counts for the tables",
        (headers(1, BLOCK + literal("x-a", "1", INDEXED) + literal("X", "1")),
         headers(3, BLOCK + indexed(62)), body(3)), answers(stream=3)),
    Row("4.3", "the block of a stream that was reset still counts for the tables",
        (call(), f.reset(1), headers(3, BLOCK + literal("x-a", "1", INDEXED), end=True),
         f.reset(3), headers(5, BLOCK + indexed(62)), body(5)), answers(stream=5)),
]  # fmt: skip


@table(*EXCHANGES, *FIELDS, *PSEUDO_HEADERS, *CONTENT_LENGTH)
def test_a_request_is_taken_or_refused_as_section_8_says(shared_server, row):
    row.run(shared_server)


@table(*HPACK)
def test_a_header_block_is_read_or_refused_as_rfc_7541_says(shared_server, row):
    row.run(shared_server)


def test_headers_may_be_split_at_every_byte(shared_server, raw):
    connection = raw(shared_server)
    for number, at in enumerate(range(len(BLOCK) + 1)):
        stream = 2 * number + 1
        connection.send_bytes(
            headers(stream, BLOCK[:at], last=False), continuation(stream, BLOCK[at:]), body(stream)
        )
        assert connection.answer(stream).status == OK


def test_a_client_without_a_table_gets_no_reference_into_it(shared_server, raw):
    """HEADER_TABLE_SIZE 0: every block stands alone, from the first after its ACK."""
    connection = raw(shared_server, settings=((f.HEADER_TABLE_SIZE, 0),))
    for _ in range(20):
        assert connection.call(GET, ABSENT).status == OK
        assert connection.call(GET, EMPTY).status == INVALID_ARGUMENT
        assert connection.call("/unknown/Method", EMPTY).status == UNIMPLEMENTED
    assert connection.table_bytes == 0


def test_a_table_that_changes_within_the_connection_is_kept_in_step(shared_server, raw):
    connection = raw(shared_server)
    for size in [4096, 0, 64, 4096, 33, 65536, 0, 4096]:
        connection.send_bytes(settings((f.HEADER_TABLE_SIZE, size)))
        round_trip(connection)
        for _ in range(3):
            assert connection.call(GET, ABSENT).status == OK
            assert connection.call(GET, EMPTY).status == INVALID_ARGUMENT
        assert connection.table_bytes <= size
    goes_on(connection)
