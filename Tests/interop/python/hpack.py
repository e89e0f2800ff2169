"""Header compression (RFC 7541), as little as a test client needs: every form of a field out and
in, each chosen by the caller."""

STATIC_TABLE = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"),
    (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"), (":status", "200"),
    (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
    (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""),
    ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""),
    ("authorization", ""), ("cache-control", ""), ("content-disposition", ""),
    ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
    ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""),
    ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""),
    ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""),
    ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""), ("location", ""),
    ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""),
    ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""),
    ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""),
    ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
]  # fmt: skip

# The Huffman code of appendix B is canonical, so the lengths tell it; these are the printable
# characters, and headers of gRPC hold no others.
HUFFMAN_LENGTHS = {
    5: "012aceiost",
    6: " %-./3456789=A_bdfghlmnpru",
    7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
    8: "&*,;XZ",
    10: '!"()?',
    11: "'+|",
    12: "#>",
    13: "\0$@[]~",
    14: "^}",
    15: "<`{",
    19: "\\",
}


def _huffman_codes():
    codes, code, before = {}, 0, 0
    for length, characters in HUFFMAN_LENGTHS.items():
        code <<= length - before
        before = length
        for character in characters:
            codes[length, code] = character
            code += 1
    return codes


HUFFMAN = _huffman_codes()
HUFFMAN_BITS = {text: format(code, f"0{length}b") for (length, code), text in HUFFMAN.items()}


# The pattern and the prefix of each form of a literal (section 6.2).
INDEXED, WITHOUT_INDEX, NEVER_INDEXED = (0x40, 6), (0x00, 4), (0x10, 4)


def encode(fields):
    """Each field as a literal that is never indexed (section 6.2.3), without Huffman."""
    return b"".join(literal(name, value) for name, value in fields)


def literal(name, value, form=NEVER_INDEXED, huffman=False):
    """One literal; its name is text, or the number of a table's entry."""
    pattern, prefix = form
    if isinstance(name, int):
        return integer(name, prefix, pattern) + string(value, huffman)
    return integer(0, prefix, pattern) + string(name, huffman) + string(value, huffman)


def indexed(index):
    """A field that stands in a table (section 6.1)."""
    return integer(index, 7, 0x80)


def table_size(size):
    """A change of the dynamic table's size (section 6.3)."""
    return integer(size, 5, 0x20)


def integer(value, prefix, pattern=0):
    """A number with so many bits in its first byte, under the pattern (section 5.1)."""
    most = (1 << prefix) - 1
    if value < most:
        return bytes([pattern | value])
    out, value = bytes([pattern | most]), value - most
    while value >= 128:
        out, value = out + bytes([value % 128 + 128]), value // 128
    return out + bytes([value])


def string(text, huffman=False):
    """A string with its length (section 5.2)."""
    if huffman:
        raw = huffman_encode(text)
        return integer(len(raw), 7, 0x80) + raw
    raw = text if isinstance(text, bytes) else text.encode()
    return integer(len(raw), 7) + raw


def huffman_encode(text, fill="1"):
    """The Huffman code of printable text, filled to whole bytes."""
    bits = "".join(HUFFMAN_BITS[character] for character in text)
    bits += fill * (-len(bits) % 8)
    return int(bits or "0", 2).to_bytes(len(bits) // 8, "big")


class Decoder:
    """Reads header blocks of one connection, in their order."""

    def __init__(self):
        self._dynamic = []
        self._limit = 4096

    def decode(self, block):
        """The fields of one block."""
        fields, at = [], 0
        while at < len(block):
            first = block[at]
            if first & 0x80:
                index, at = _integer(block, at, 7)
                fields.append(self._entry(index))
            elif first & 0xE0 == 0x20:
                self._limit, at = _integer(block, at, 5)
                self._shrink()
            else:
                indexed = first & 0xC0 == 0x40
                field, at = self._literal(block, at, 6 if indexed else 4)
                fields.append(field)
                if indexed:
                    self._dynamic.insert(0, field)
                    self._shrink()
        return fields

    def _literal(self, block, at, prefix):
        index, at = _integer(block, at, prefix)
        if index:
            name = self._entry(index)[0]
        else:
            name, at = _read_string(block, at)
        value, at = _read_string(block, at)
        return (name, value), at

    def _entry(self, index):
        if index <= len(STATIC_TABLE):
            return STATIC_TABLE[index - 1]
        return self._dynamic[index - len(STATIC_TABLE) - 1]

    @property
    def table_bytes(self):
        """The size of the dynamic table (section 4.1)."""
        return sum(len(name) + len(value) + 32 for name, value in self._dynamic)

    def _shrink(self):
        while self.table_bytes > self._limit:
            self._dynamic.pop()


def _integer(block, at, prefix):
    value = block[at] & ((1 << prefix) - 1)
    at += 1
    if value == (1 << prefix) - 1:
        shift = 0
        while True:
            byte = block[at]
            at += 1
            value += (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
    return value, at


def _read_string(block, at):
    huffman = block[at] & 0x80
    length, at = _integer(block, at, 7)
    raw = block[at : at + length]
    return (_unhuffman(raw) if huffman else raw.decode("latin-1")), at + length


def _unhuffman(raw):
    text, code, length = "", 0, 0
    for byte in raw:
        for shift in range(7, -1, -1):
            code, length = code << 1 | byte >> shift & 1, length + 1
            if (length, code) in HUFFMAN:
                text, code, length = text + HUFFMAN[length, code], 0, 0
    assert length < 8 and code == (1 << length) - 1, "a header holds unprintable characters"
    return text
