"""HTTP body framings: any pieces, any cut, and every breach of the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio.errors import ConnectionLostError, TruncatedStreamError
from awsio.sources.framing import ChunkedFraming, CloseFraming, LengthFraming

if TYPE_CHECKING:
    from collections.abc import Callable

CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
CUTS = st.lists(st.integers(0, 400), max_size=12)
EXTENSIONS = st.sampled_from([b"", b";name=value", b" ; x"])
TRAILERS = st.sampled_from([b"", b"x-checksum: 1\r\n", b"a: 1\r\nb: 2\r\n"])


def chunked(chunks: list[bytes], extension: bytes = b"", trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return body + b"0" + extension + b"\r\n" + trailer + b"\r\n"


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({min(cut, len(data)) for cut in cuts} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(CHUNKS, CUTS, EXTENSIONS, TRAILERS)
def test_chunks_in_any_pieces_give_their_content(
    chunks: list[bytes], cuts: list[int], extension: bytes, trailer: bytes
) -> None:
    framing = ChunkedFraming()

    content = b"".join(map(framing.feed, pieces(chunked(chunks, extension, trailer), cuts)))

    assert content == b"".join(chunks)
    assert framing.done
    assert not framing.surplus


@given(CHUNKS, st.data())
def test_content_is_given_as_soon_as_it_is_there(chunks: list[bytes], data: st.DataObject) -> None:
    body = chunked(chunks)
    cut = data.draw(st.integers(0, len(body)))
    framing = ChunkedFraming()

    given_at_once = framing.feed(body[:cut])

    # Byte by byte gives no more than one feed does.
    single = ChunkedFraming()
    assert given_at_once == b"".join(single.feed(body[i : i + 1]) for i in range(cut))
    assert framing.done == single.done == (cut == len(body))


@given(CHUNKS, st.data())
def test_an_end_before_the_last_chunk_is_a_truncation(
    chunks: list[bytes], data: st.DataObject
) -> None:
    body = chunked(chunks)
    last_chunk_at = len(body) - len(b"0\r\n\r\n")
    framing = ChunkedFraming()
    framing.feed(body[: data.draw(st.integers(0, last_chunk_at + 2))])

    with pytest.raises(TruncatedStreamError, match="before its last chunk"):
        framing.feed_eof()


def test_a_cut_inside_a_chunk_says_how_much_of_it_is_missing() -> None:
    framing = ChunkedFraming()
    assert framing.feed(b"a\r\n0123") == b"0123"

    with pytest.raises(TruncatedStreamError) as caught:
        framing.feed_eof()
    assert caught.value.missing == 6


@pytest.mark.parametrize("left", [3, 0], ids=["in a chunk", "before a chunk's line end"])
def test_a_body_read_up_to_the_middle_of_a_chunk_goes_on(left: int) -> None:
    framing = ChunkedFraming(left)

    assert framing.feed(b"xyz"[:left] + b"\r\n2\r\nab\r\n0\r\n\r\n") == b"xyz"[:left] + b"ab"
    assert framing.done


@pytest.mark.parametrize(
    "line",
    [b"zz\r\n", b"\r\n", b"-1\r\n", b"+1\r\n", b"0x1\r\n", b"1_0\r\n", b"HTTP/1.1 400\r\n", b" \n"],
)
def test_a_chunk_without_a_size_breaks_the_rules(line: bytes) -> None:
    with pytest.raises(ConnectionLostError, match="no size"):
        ChunkedFraming().feed(line)


@pytest.mark.parametrize("rest", [b"", b"\r\n", b"x-trailer: 1\r\n"])
def test_after_the_last_chunk_the_end_may_come_at_any_time(rest: bytes) -> None:
    framing = ChunkedFraming()
    framing.feed(b"1\r\na\r\n0\r\n" + rest[:-1])

    framing.feed_eof()
    assert framing.done


def test_a_chunk_longer_than_it_says_breaks_the_rules() -> None:
    framing = ChunkedFraming()
    framing.feed(b"1\r\na")
    with pytest.raises(ConnectionLostError, match="longer than it says"):
        framing.feed(b"b\r\n")


@pytest.mark.parametrize("ask", [lambda framing: framing.feed(b"x"), ChunkedFraming.feed_eof])
def test_content_before_a_breach_is_given_first(ask: Callable[[ChunkedFraming], object]) -> None:
    framing = ChunkedFraming()

    assert framing.feed(b"2\r\nab\r\nzz\r\n") == b"ab"
    for _ in range(2):
        with pytest.raises(ConnectionLostError, match="no size"):
            ask(framing)


def test_a_trailer_without_end_is_a_breach() -> None:
    framing = ChunkedFraming()
    framing.feed(b"0\r\n")
    line = b"name: " + b"v" * 1000 + b"\r\n"
    for _ in range(64):
        framing.feed(line)

    with pytest.raises(ConnectionLostError, match="above 65536 bytes"):
        framing.feed(line + line)


def test_a_line_without_end_is_not_kept_for_ever() -> None:
    framing = ChunkedFraming()
    framing.feed(b"1;" + b"e" * 65534)
    with pytest.raises(ConnectionLostError, match="above 65536 bytes"):
        framing.feed(b"e")


def test_bytes_behind_the_end_are_noticed() -> None:
    chunks, length = ChunkedFraming(), LengthFraming(3)

    assert chunks.feed(b"1\r\nx\r\n0\r\n\r\nHTTP") == b"x"
    assert length.feed(b"abcdef") == b"abc"

    assert chunks.done
    assert chunks.surplus
    assert length.done
    assert length.surplus


@given(st.binary(max_size=50), CUTS)
def test_a_length_in_any_pieces_gives_all(body: bytes, cuts: list[int]) -> None:
    framing = LengthFraming(len(body))

    assert b"".join(map(framing.feed, pieces(body, cuts))) == body
    assert framing.done
    assert not framing.surplus


def test_a_body_shorter_than_its_length_says_what_is_missing() -> None:
    framing = LengthFraming(10)
    framing.feed(b"abc")

    with pytest.raises(TruncatedStreamError, match="7 bytes shorter") as caught:
        framing.feed_eof()
    assert caught.value.missing == 7


def test_a_body_up_to_the_connections_end_is_all_content() -> None:
    framing = CloseFraming()

    assert framing.feed(b"a\r\n0\r\n") == b"a\r\n0\r\n"
    assert not framing.done
    framing.feed_eof()
    assert framing.done
    assert not framing.surplus


class Copied(bytes):
    """Bytes that count how many of them are copied out.

    Whatever gives a part of them is overridden; a view of them copies nothing.

    Attributes:
        copied: bytes copied so far.
    """

    copied = 0

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        self.copied += len(part) if isinstance(part, bytes) else 0
        return part

    def partition(self, separator: Any, /) -> tuple[bytes, bytes, bytes]:
        parts = super().partition(separator)
        self.copied += sum(map(len, parts))
        return parts

    def split(self, *args: Any, **kwargs: Any) -> list[bytes]:
        parts = super().split(*args, **kwargs)
        self.copied += sum(map(len, parts))
        return parts

    def splitlines(self, *args: Any, **kwargs: Any) -> list[bytes]:
        parts = super().splitlines(*args, **kwargs)
        self.copied += sum(map(len, parts))
        return parts


@pytest.mark.parametrize("size", [40, 8000], ids=["short chunks", "long chunks"])
@pytest.mark.parametrize(
    "size_line",
    [b"%x\r\n", b"%x\n", b"%x;name=a-value-that-makes-it-long\r\n", b"00000000000000000%x\r\n"],
    ids=["plain", "a bare LF", "a long extension", "many zeros"],
)
def test_a_chunk_costs_no_copy_of_what_stands_behind_it(size_line: bytes, size: int) -> None:
    count = 2**20 // size
    body = Copied((size_line % size + bytes(size) + b"\r\n") * count)
    framing = ChunkedFraming()

    assert framing.feed(body) == bytes(size * count)
    assert body.copied <= len(body)
