"""Content codings taken off a source."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awsio.errors import (
    ConnectionLostError,
    HttpHeaderError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.sources import FileSource, decoding
from awsio.sources.decoders import Coding, Inflater, find_coding
from awsio.sources.decoding import DecodedSource, decode_source
from awsio.sources.limits import DECODE_STEP, MAX_OVERHEAD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EMPTY_MEMBER = gzip.compress(b"", mtime=0)
EMPTY_BLOCK = b"\0\0\0\xff\xff"
TEXT = b"some bytes of a body"


def deflate(data: bytes, window: int = zlib.MAX_WBITS) -> bytes:
    packer = zlib.compressobj(wbits=window)
    return packer.compress(data) + packer.flush()


def raw_deflate(data: bytes) -> bytes:
    return deflate(data, -zlib.MAX_WBITS)


PACKS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "zlib": ("deflate", deflate),
    "raw deflate": ("deflate", raw_deflate),
}
EACH = pytest.mark.parametrize(("encoding", "pack"), PACKS.values(), ids=PACKS.keys())


class Pieces:
    """A byte source of pieces, which counts its reads.

    Attributes:
        reads: how often it was read.
    """

    timeout: float | None = None

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = filter(None, pieces)
        self._rest = b""
        self.reads = 0

    def read(self, size: int, deadline: float | None = None) -> bytes:  # noqa: ARG002 - as every source's
        self.reads += 1
        data = self._rest or next(self._pieces, b"")
        self._rest = data[size:]
        return data[:size]


def unpacked(*pieces: bytes, size: int = 100, encoding: str = "gzip") -> bytes:
    source: Any = decode_source(Pieces(pieces), [encoding])
    got = b""
    while data := source.read(size):
        assert len(data) <= size
        got += data
    assert source.read(size) == b""
    return got


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted(min(place, len(data)) for place in places)
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


@given(
    st.lists(st.binary(max_size=40), max_size=4),
    st.lists(st.integers(0, 300), max_size=10),
    st.integers(1, 50),
    st.integers(0, 3),
)
def test_gzip_members_in_any_pieces_are_joined(
    members: list[bytes], at: list[int], size: int, zeros: int
) -> None:
    packed = b"".join(gzip.compress(member) + bytes(zeros) for member in members)
    assert unpacked(*cut(packed, at), size=size) == b"".join(members)


@EACH
@given(st.binary(max_size=200), st.lists(st.integers(0, 300), max_size=10), st.integers(1, 50))
def test_a_body_in_any_pieces_is_decoded(
    encoding: str, pack: Callable[[bytes], bytes], body: bytes, at: list[int], size: int
) -> None:
    assert unpacked(*cut(pack(body), at), size=size, encoding=encoding) == body


@given(st.binary(max_size=100), st.lists(st.integers(0, 200), max_size=10), st.integers(1, 50))
def test_a_stack_of_codings_is_taken_off_from_the_last(
    body: bytes, at: list[int], size: int
) -> None:
    packed = gzip.compress(deflate(gzip.compress(body)))
    got = unpacked(*cut(packed, at), size=size, encoding="gzip, deflate, identity, X-Gzip")
    assert got == body


@EACH
def test_what_expands_far_is_given_in_bounded_reads(
    encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    assert unpacked(pack(bytes(1 << 20)), size=4096, encoding=encoding) == bytes(1 << 20)


@EACH
def test_an_empty_body_is_empty(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    assert unpacked(encoding=encoding) == b""
    assert unpacked(pack(b""), encoding=encoding) == b""


@EACH
@pytest.mark.parametrize("left", [1, 5, -9, -8, -1])
def test_a_cut_is_truncation(encoding: str, pack: Callable[[bytes], bytes], left: int) -> None:
    with pytest.raises(TruncatedStreamError, match="encoding"):
        unpacked(pack(TEXT)[:left], encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "wrong", "content"),
    [
        ("gzip", b"plain text, not gzip", b""),
        ("gzip", bytes(20), b""),
        ("gzip", gzip.compress(TEXT, mtime=0)[:-8] + bytes(8), TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"garbage", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"\0\0x", TEXT),
        ("deflate", b"plain text, not deflate", b""),
        ("deflate", deflate(TEXT)[:-4] + b"zzzz", TEXT),
        ("deflate", deflate(TEXT) + b"\0", TEXT),
        ("deflate", raw_deflate(TEXT) + b"garbage", TEXT),
    ],
)
def test_content_before_a_mistake_is_given_in_any_pieces(
    encoding: str, wrong: bytes, content: bytes
) -> None:
    for step in (1, 3, len(wrong)):
        source: Any = decode_source(
            Pieces(wrong[at : at + step] for at in range(0, len(wrong), step)), [encoding]
        )
        assert b"".join(source.read(1) for _ in content) == content
        with pytest.raises(ConnectionLostError, match=f"{encoding} encoding"):
            source.read(4)
        reads = source._source.reads  # noqa: SLF001 - nothing else tells
        with pytest.raises(ConnectionLostError, match=f"{encoding} encoding"):
            source.read(4)
        assert source._source.reads == reads  # noqa: SLF001 - nothing else tells


@pytest.mark.parametrize("garbage", [b"x", b"\x1f\x8c"])
def test_what_follows_gzip_and_is_none_is_found_before_more_comes(garbage: bytes) -> None:
    source = Pieces([gzip.compress(TEXT) + garbage])
    decoded: Any = decode_source(source, ["gzip"])
    assert decoded.read(100) == TEXT
    with pytest.raises(ConnectionLostError, match="gzip encoding"):
        decoded.read(100)
    assert source.reads == 1


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=6), st.integers(1, 9))
# A literal, and most of a match, in front of a mistake in the same byte.
@example(b"b\x08\0\x18", [], 1)
@example(bytes.fromhex("158a810900000c827ad5faff873988483229cb44"), [], 1)
def test_random_bytes_have_one_outcome(wire: bytes, at: list[int], size: int) -> None:
    def outcome(*pieces: bytes, size: int) -> tuple[bytes, object]:
        source: Any = decode_source(Pieces(pieces), ["deflate"])
        got = b""
        try:
            while data := source.read(size):
                got += data
        except (ConnectionLostError, TruncatedStreamError) as error:
            return got, type(error)
        return got, None

    assert outcome(*cut(wire, at), size=size) == outcome(wire, size=1000)


@pytest.mark.parametrize(
    ("encoding", "name"), [("compress", "compress"), ("gzip, sdch", "sdch"), ("a b", "a b")]
)
def test_a_coding_without_a_decoder_is_named_once_there_is_a_body(encoding: str, name: str) -> None:
    source: Any = decode_source(Pieces([b"x", b"y"]), [encoding])  # type: ignore[arg-type]  # it is read alone
    for _ in range(2):
        with pytest.raises(HttpHeaderError, match=f"Content-Encoding '{name}'") as caught:
            source.read(1)
        assert caught.value.value == name
    assert source.read(1) == b""  # an empty body needs no decoder


def test_a_body_without_codings_is_the_source_itself() -> None:
    source: Any = Pieces([])
    assert decode_source(source, []) is source
    assert decode_source(source, ["identity"]) is source


# --- work without content ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "head", "useless"),
    [
        ("gzip", b"", EMPTY_MEMBER),
        ("gzip", gzip.compress(TEXT, mtime=0), b"\0"),
        ("gzip", gzip.compress(TEXT, mtime=0)[:10], EMPTY_BLOCK),
        ("gzip", b"\x1f\x8b\x08\x08\0\0\0\0\0\0", b"a file's name"),
        ("deflate", b"\x78\x9c", EMPTY_BLOCK),
        ("deflate", b"", EMPTY_BLOCK),
        ("gzip, gzip", gzip.compress(EMPTY_MEMBER, mtime=0), EMPTY_MEMBER),
        ("gzip, gzip", b"", gzip.compress(EMPTY_MEMBER * 5000, mtime=0)),
    ],
    ids=["members", "padding", "blocks", "names", "zlib", "raw", "outer", "inner"],
)
@pytest.mark.parametrize("piece", [20, 5000, 1 << 20])
def test_bytes_without_content_end_in_an_error(
    encoding: str, head: bytes, useless: bytes, piece: int
) -> None:
    most = MAX_OVERHEAD + DECODE_STEP + len(head) + len(useless)
    count = most // len(useless) + 2
    wire = head + useless * count
    source = Pieces(wire[at : at + piece] for at in range(0, len(wire), piece))
    decoded = decode_source(source, [encoding])  # type: ignore[arg-type]  # it is read alone

    def read_all() -> None:
        while decoded.read(1 << 20):
            pass

    with pytest.raises(ConnectionLostError, match=f"more than {MAX_OVERHEAD} bytes without"):
        read_all()


def test_content_pays_for_bytes_without_it() -> None:
    half = EMPTY_MEMBER * (MAX_OVERHEAD // len(EMPTY_MEMBER) - 1)
    paid = gzip.compress(bytes(MAX_OVERHEAD // 32))
    assert len(unpacked(*[half, paid] * 5, size=1 << 20)) == 5 * MAX_OVERHEAD // 32
    with pytest.raises(ConnectionLostError, match="bytes without content"):
        unpacked(half, gzip.compress(b"x"), half)


def test_content_that_comes_with_too_much_is_given_first() -> None:
    named = b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 100 + b"\0" + gzip.compress(b"x")[10:]
    wire = EMPTY_MEMBER * (MAX_OVERHEAD // len(EMPTY_MEMBER)) + named
    source: Any = decode_source(Pieces([wire]), ["gzip"])  # type: ignore[arg-type]  # it is read alone
    assert source.read(100) == b"x"
    with pytest.raises(ConnectionLostError, match="bytes without content"):
        source.read(100)


@EACH
def test_the_work_is_linear_in_the_bytes(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    coding = find_coding("deflate" if encoding == "deflate" else "gzip")
    calls: list[int] = []

    def create() -> Any:
        decoder = coding.create()
        decompress = decoder.decompress
        decoder.decompress = lambda data, size: calls.append(len(data)) or decompress(data, size)  # type: ignore[method-assign,func-returns-value]
        return decoder

    counted = Coding("counted", create, magic=coding.magic, joined=True)
    members = b"".join(pack(b"%d" % number) for number in range(20_000))
    source: Any = DecodedSource(Pieces([members]), counted)
    while source.read(1 << 20):
        pass
    assert len(calls) <= 2 * 20_000  # a member takes no more than two steps
    assert max(calls) <= DECODE_STEP  # each of them bounded


# --- time limits ------------------------------------------------------------------------------


def test_a_deadline_is_kept_between_pieces_without_content(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = iter(range(1000))
    monkeypatch.setattr(decoding, "time", type("Clock", (), {"monotonic": lambda: next(ticks)}))
    packer = zlib.compressobj(wbits=31)
    content = packer.compress(TEXT) + packer.flush()
    source: Any = Pieces([EMPTY_MEMBER] * 20 + [content[:5], content[5:]])
    decoded = DecodedSource(source, find_coding("gzip"))
    with pytest.raises(StreamTimeoutError) as caught:
        decoded.read(100, deadline=5)
    assert caught.value.resumable
    assert source.reads == 6
    for reads in range(7, 22):
        with pytest.raises(StreamTimeoutError):
            decoded.read(100, deadline=0)  # has passed: one piece, no more
        assert source.reads == reads
    assert decoded.read(100, deadline=0) == TEXT
    assert decoded.read(100, deadline=0) == b""


def test_content_that_is_there_is_given_after_the_deadline() -> None:
    source: Any = Pieces([gzip.compress(TEXT)])
    decoded = DecodedSource(source, find_coding("gzip"))
    past = time.monotonic() - 1
    assert b"".join(decoded.read(7, past) for _ in range(3)) == TEXT
    assert source.reads == 1
    assert decoded.read(7, past) == b""


def test_a_read_of_a_byte_does_not_read_the_source_by_the_byte() -> None:
    source: Any = Pieces([gzip.compress(TEXT)])
    decoded = DecodedSource(source, find_coding("gzip"))
    assert b"".join(decoded.read(1) for _ in TEXT) == TEXT
    assert source.reads == 1


def test_it_passes_everything_else_on() -> None:
    file = io.BytesIO(b"")
    source = DecodedSource(FileSource(file, http="the response"), find_coding("gzip"))
    assert source.http == "the response"
    with pytest.raises(OSError):  # noqa: PT011 - the words are io's
        source.fileno()
    source.wake()
    source.close(drain=True)
    assert file.closed


def test_zlib_content_held_back_is_not_forgotten() -> None:
    # One match of 258 bytes takes two bits: it is the input's end long before it is given.
    inflater = Inflater(-zlib.MAX_WBITS)
    packed = raw_deflate(bytes(5000))
    content = inflater.decompress(packed, 10)
    while not inflater.eof:
        assert not inflater.needs_input
        content += inflater.decompress(b"", 10)
    assert content == bytes(5000)
