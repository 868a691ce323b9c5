"""Targets of the byte sources: chunked framing, content codings and their headers."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from awsio.errors import ConnectionLostError, HttpHeaderError, TruncatedStreamError
from awsio.sources.codings import body_length, content_codings
from awsio.sources.decoders import find_coding
from awsio.sources.decoding import DecodedSource
from awsio.sources.framing import ChunkedFraming
from tests.fuzz.inputs import pieces, read_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ("PiecesSource", "chunked", "decoding", "headers")

ENCODE = 1  # bits of the flags
TWICE = 2
FLIP = 4
DEFLATE = 32
RAW = 64
READ_SIZES = (1, 7, 64, 65536)
Outcome = tuple[bytes, type[Exception] | None]


class PiecesSource:
    """A byte source that gives pieces.

    Args:
        parts: the pieces, none of them empty.
    """

    timeout: float | None = None

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self._rest = b""

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - as every source's
        """Return the next piece, or what was left of it."""
        data = self._rest or next(self._parts, b"")
        self._rest = data[size:]
        return data[:size]

    def wake(self) -> None:
        """No reader waits here."""

    def close(self, *, drain: bool) -> None:
        """Nothing is held."""

    def fileno(self) -> int:
        """There is no descriptor."""
        raise OSError


def chunked(data: bytes) -> None:
    """Chunked framing: any bytes in any split, and content that comes back whole."""
    flags, sizes, body = read_input(data)
    if flags & ENCODE:
        wire = b"".join(b"%X\r\n%s\r\n" % (len(part), part) for part in pieces(body, sizes))
        assert unchunk([wire + b"0\r\n\r\n"]) == (body, None)
        assert unchunk(pieces(wire + b"0\r\nX: y\r\n\r\n", sizes[::-1])) == (body, None)
        return
    found = unchunk(pieces(body, sizes))
    assert found == unchunk([body]), "another split"
    assert found == unchunk(body[at : at + 1] for at in range(len(body))), "byte by byte"


def unchunk(parts: Iterable[bytes]) -> Outcome:
    """Take content out of chunks, up to the end or to an error."""
    framing = ChunkedFraming()
    content = b""
    fed = 0
    try:
        for part in parts:
            fed += len(part)
            content += framing.feed(part)
            framing.check()
            if framing.done:
                break
        else:
            framing.feed_eof()
    except (ConnectionLostError, TruncatedStreamError) as error:
        return content, type(error)
    assert framing.done
    assert len(content) <= fed
    return content, None


def headers(data: bytes) -> None:
    """Headers of a body: an answer or the documented error, and white space is nothing."""
    # A value has no line end of its own; a folded line is the tests' of the module.
    lines = data.replace(b"\r", b"").replace(b"\n", b"").decode("latin-1").split("\0")
    spaced = [f" ,\t{line} , " for line in lines]
    for read in (
        lambda lines: body_length(lines, []),
        lambda lines: body_length([], lines),
        lambda lines: body_length(lines, lines),
        content_codings,
        lambda lines: [find_coding(name).name for name in content_codings(lines)],
    ):
        found = header_result(read, lines)
        assert found == header_result(read, spaced), "white space counts"
        assert found == header_result(read, [", ".join(lines)]), "lines count"


def header_result(read: Callable[[list[str]], object], lines: list[str]) -> object:
    """Return what headers are taken for, or the class of the error."""
    try:
        return read(lines)
    except HttpHeaderError as error:
        assert error.header in str(error)
        return type(error)


def decoding(data: bytes) -> None:
    """Codings: any bytes in any split and any size of reads, and content that comes back."""
    flags, sizes, body = read_input(data)
    size = READ_SIZES[(flags >> 3) % len(READ_SIZES)]
    name = "deflate" if flags & DEFLATE else "gzip"
    if not flags & ENCODE:
        compare(name, body, sizes, size)
        return
    twice = name == "gzip" and flags & TWICE
    wire = encode(name, body, raw=bool(flags & RAW)) * (2 if twice else 1)
    if flags & FLIP:
        at = sum(sizes) * 31 % len(wire)
        flipped = wire[:at] + bytes([wire[at] ^ (1 << flags % 8)]) + wire[at + 1 :]
        compare(name, flipped, sizes, size)
        return
    content = body * 2 if twice else body
    assert decode(name, pieces(wire, sizes), size) == (content, None)
    cut = sum(sizes) * 31 % len(wire)
    found, error = decode(name, pieces(wire[:cut], sizes), size)
    assert content.startswith(found)
    is_whole = cut == 0 or (cut * 2 == len(wire) and twice)
    assert error is (None if is_whole else TruncatedStreamError)


def encode(name: str, body: bytes, *, raw: bool) -> bytes:
    """Encode a body by the standard library."""
    if name == "gzip":
        return gzip.compress(body, 1, mtime=0)
    packer = zlib.compressobj(1, wbits=-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def compare(name: str, wire: bytes, sizes: bytes, size: int) -> None:
    """Check that a split changes nothing, before an error either."""
    found = decode(name, pieces(wire, sizes), size)
    assert found == decode(name, [wire], 1 << 20), "another split"
    if name == "gzip" and found[1] is None:
        assert found[0] == (gzip.decompress(wire) if wire else b"")


def decode(name: str, parts: Iterable[bytes], size: int) -> Outcome:
    """Read a source to the end, or to an error."""
    source = DecodedSource(PiecesSource(parts), find_coding(name))
    found = []
    try:
        while part := source.read(size):
            assert len(part) <= size, "a read gives more than it was asked for"
            found.append(part)
    except (ConnectionLostError, TruncatedStreamError) as error:
        return b"".join(found), type(error)
    assert source.read(size) == b""
    return b"".join(found), None
