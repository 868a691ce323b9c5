"""Bodies that break HTTP's rules: what came before is given, and the breach stays."""

from __future__ import annotations

import pytest

from awsio.errors import ConnectionLostError
from awsio.sources.framing import ChunkedFraming


@pytest.mark.parametrize("size", [b"", b"zz", b"-5", b"5 5", b";a=b"])
def test_content_before_a_breach_in_the_same_piece_is_given(size: bytes) -> None:
    framing = ChunkedFraming()
    assert framing.feed(b"3\r\nabc\r\n1\r\nd\r\n" + size + b"\r\nmore") == b"abcd"
    assert not framing.done
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="no size"):
            framing.feed(b"0\r\n\r\n")


def test_a_breach_is_told_at_the_end_too() -> None:
    framing = ChunkedFraming()
    assert framing.feed(b"3\r\nabc\r\nzz\r\n") == b"abc"
    with pytest.raises(ConnectionLostError):
        framing.feed_eof()


def test_content_of_a_chunk_longer_than_it_says_is_given() -> None:
    framing = ChunkedFraming()
    assert framing.feed(b"3\r\nabcd\r\n") == b"abc"
    with pytest.raises(ConnectionLostError, match="longer"):
        framing.feed(b"0\r\n\r\n")


def test_sizes_may_have_spaces_capitals_and_bare_newlines() -> None:
    assert ChunkedFraming().feed(b"A \r\n0123456789\r\n0\r\n\r\n") == b"0123456789"
    assert ChunkedFraming().feed(b"1\na\n0\n\n") == b"a"


def test_a_trailer_without_end_is_refused() -> None:
    framing = ChunkedFraming()
    framing.feed(b"0\r\n")
    lines = b"name: value\r\n" * 10_000
    with pytest.raises(ConnectionLostError):
        framing.feed(lines)
