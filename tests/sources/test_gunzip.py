"""gzip taken off a source."""

from __future__ import annotations

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio.errors import ConnectionLostError, TruncatedStreamError
from awsio.sources import FileSource
from awsio.sources.gunzip import GunzipSource


class Pieces:
    """A file that gives its pieces one by one."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = list(filter(None, pieces))

    def read(self, size: int) -> bytes:
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > size:
            self._pieces.insert(0, piece[size:])
        return piece[:size]


def unpacked(*pieces: bytes, size: int = 100) -> bytes:
    source = GunzipSource(FileSource(Pieces(list(pieces))))
    got = b""
    while data := source.read(size):
        assert len(data) <= size
        got += data
    assert source.read(size) == b""
    return got


@given(
    st.lists(st.binary(max_size=40), max_size=4),
    st.lists(st.integers(0, 300), max_size=10),
    st.integers(1, 50),
)
def test_members_in_any_pieces_are_joined(members: list[bytes], at: list[int], size: int) -> None:
    packed = b"".join(map(gzip.compress, members))
    places = sorted(min(place, len(packed)) for place in at)
    pieces = [packed[a:b] for a, b in zip([0, *places], [*places, len(packed)], strict=True)]
    assert unpacked(*pieces, size=size) == b"".join(members)


def test_what_expands_far_is_given_in_bounded_reads() -> None:
    assert unpacked(gzip.compress(bytes(1 << 20)), size=4096) == bytes(1 << 20)


def test_an_empty_body_is_empty() -> None:
    assert unpacked() == b""


@pytest.mark.parametrize("left", [1, 5, 12, -9, -8, -1])
def test_a_cut_is_truncation(left: int) -> None:
    with pytest.raises(TruncatedStreamError, match="gzip"):
        unpacked(gzip.compress(b"some bytes of a body")[:left])


def test_what_is_no_gzip_is_a_lost_connection() -> None:
    for wrong in (b"plain text, not gzip", gzip.compress(b"x")[:-8] + bytes(8)):
        with pytest.raises(ConnectionLostError, match="gzip"):
            unpacked(wrong)


def test_it_passes_everything_else_on() -> None:
    file = io.BytesIO(b"")
    source = GunzipSource(FileSource(file, http="the response"))
    assert source.http == "the response"
    with pytest.raises(OSError):  # noqa: PT011 - the words are io's
        source.fileno()
    source.wake()
    source.close(drain=True)
    assert file.closed
