"""Targets of the byte sources: chunked framing and gzip."""

from __future__ import annotations

import gzip
import zlib
from typing import TYPE_CHECKING

from awsio.errors import ConnectionLostError, TruncatedStreamError
from awsio.sources.framing import ChunkedFraming
from awsio.sources.gunzip import GunzipSource
from tests.fuzz.inputs import pieces, read_input

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ("PiecesSource", "chunked", "gunzip")

ENCODE = 1  # bits of the flags
TWICE = 2
FLIP = 4
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
        """Give the next piece, or what was left of it."""
        data = self._rest or next(self._parts, b"")
        self._rest = data[size:]
        return data[:size]

    def wake(self) -> None:
        """Nobody waits here."""

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
    assert unchunk(pieces(body, sizes)) == unchunk([body]), "another split"


def unchunk(parts: Iterable[bytes]) -> Outcome:
    """Take content out of chunks, up to the end or to an error."""
    framing = ChunkedFraming()
    content = b""
    fed = 0
    try:
        for part in parts:
            fed += len(part)
            content += framing.feed(part)
            if framing.done:
                break
        else:
            framing.feed(b"")  # an error behind good content comes now
            framing.feed_eof()
    except (ConnectionLostError, TruncatedStreamError) as error:
        return content, type(error)
    assert framing.done
    assert len(content) <= fed
    return content, None


def gunzip(data: bytes) -> None:
    """Gzip: any bytes in any split and any size of reads, and content that comes back."""
    flags, sizes, body = read_input(data)
    size = READ_SIZES[(flags >> 3) % len(READ_SIZES)]
    if not flags & ENCODE:
        compare(body, sizes, size)
        return
    wire = gzip.compress(body, 1, mtime=0) * (2 if flags & TWICE else 1)
    if flags & FLIP:
        at = sum(sizes) * 31 % len(wire)
        compare(wire[:at] + bytes([wire[at] ^ (1 << flags % 8)]) + wire[at + 1 :], sizes, size)
        return
    content = body * 2 if flags & TWICE else body
    assert decompress(pieces(wire, sizes), size) == (content, None)
    cut = sum(sizes) * 31 % len(wire)
    found, error = decompress(pieces(wire[:cut], sizes), size)
    assert content.startswith(found)
    is_whole = cut == 0 or (cut * 2 == len(wire) and flags & TWICE)
    assert error is (None if is_whole else TruncatedStreamError)


def compare(wire: bytes, sizes: bytes, size: int) -> None:
    """See that a split changes nothing; of what is broken, only how much came before."""
    content, error = decompress(pieces(wire, sizes), size)
    whole, same_error = decompress([wire], 1 << 20)
    assert error is same_error, "another error in another split"
    if error is ConnectionLostError:
        assert content.startswith(whole)
    else:
        assert content == whole, "another split"
        assert error is not None or content == reference(wire)


def reference(wire: bytes) -> bytes:
    """Decompress as the standard library does."""
    return gzip.decompress(wire) if wire else b""


def decompress(parts: Iterable[bytes], size: int) -> Outcome:
    """Read a source to the end, or to an error."""
    source = GunzipSource(PiecesSource(parts))
    found = []
    try:
        while part := source.read(size):
            assert len(part) <= size, "a read gives more than it was asked for"
            found.append(part)
    except (ConnectionLostError, TruncatedStreamError) as error:
        assert isinstance(error, ConnectionLostError) is isinstance(error.__cause__, zlib.error)
        return b"".join(found), type(error)
    assert source.read(size) == b""
    return b"".join(found), None
