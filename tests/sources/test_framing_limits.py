"""Chunked framing under attack: breaks are found at once, and work is bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio.errors import ConnectionLostError, HttpHeaderError, StreamError, TruncatedStreamError
from awsio.sources import framing as framing_module
from awsio.sources.framing import (
    BrokenFraming,
    ChunkedFraming,
    CloseFraming,
    LengthFraming,
)
from awsio.sources.limits import MAX_LINE_START, MAX_OVERHEAD, Overhead

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

CUTS = st.lists(st.integers(0, 200), max_size=12)
# Pieces of chunked bodies and of mistakes in them.
TOKENS = st.sampled_from(
    [
        *(b"0", b"1", b"a", b"F", b"g", b"x", b"-", b"_", b",", b"0" * 17, b"f" * 17),
        *(b";", b":", b" ", b"\t", b"\r", b"\n", b"\r\n", b"\r\n\r\n", b"\0", b"\x0b", b"\x0c"),
        *(b"1\r\nx\r\n", b"3;a=b\r\nabc\r\n", b"0\r\n", b"T: v\r\n"),
    ]
)


def outcome(parts: Iterable[bytes]) -> tuple[bytes, type[Exception] | None, bool]:
    framing = ChunkedFraming()
    content = b""
    surplus = False
    try:
        for part in parts:
            if framing.done:
                surplus = surplus or bool(part)
                continue
            content += framing.feed(part)
            framing.check()
        if not framing.done:
            framing.feed_eof()
    except (ConnectionLostError, TruncatedStreamError) as error:
        return content, type(error), False
    return content, None, surplus or framing.surplus


@given(st.lists(TOKENS, max_size=30).map(b"".join), CUTS)
def test_any_bytes_have_one_outcome_in_any_pieces(body: bytes, cuts: list[int]) -> None:
    ends = sorted({min(cut, len(body)) for cut in cuts} | {len(body)})
    pieces = [body[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    whole = outcome([body])
    assert outcome(pieces) == whole
    assert outcome(body[at : at + 1] for at in range(len(body))) == whole


BREAKS = {
    b"z": "no size",
    b"1g": "no size",
    b" \x0b": "no size",
    b"1\x0c": "no size",
    b"1\x0b": "no size",
    b"1 1": "no size",
    b"\r": "no size",
    b"\n": "no size",
    b" ;": "no size",
    b"-": "no size",
    b"1\r;": "bare CR",
    b"1;a\rb": "bare CR",
    b"1;a\r\r": "bare CR",
    b"1;a\0": "NUL",
    b"f" * 17: "more than 16 digits",
    b"0" * (MAX_LINE_START + 1): "above 256 bytes",
    b" " * (MAX_LINE_START + 1): "above 256 bytes",
    b"1\r\nab": "longer than it says",
    b"1\r\na\rb": "longer than it says",
    b"1\r\na\r\r": "longer than it says",
    b"0\r\n\x0b": "no field name",
    b"0\r\n:": "no field name",
    b"0\r\n ": "no field name",
    b"0\r\nHTTP/": "no field name",
    b"0\r\nname\r": "no field name",
    b"0\r\nname\n": "no field name",
    b"0\r\nname v": "no field name",
    b"0\r\n" + b"n" * (MAX_LINE_START + 1): "above 256 bytes",
    b"0\r\nname: a\rb": "bare CR",
    b"0\r\nname: \0": "NUL",
    b"0\r\na: b\r\n folded\0": "NUL",
}


@pytest.mark.parametrize(("wire", "words"), BREAKS.items(), ids=map(repr, range(len(BREAKS))))
def test_a_break_is_found_at_its_first_byte(wire: bytes, words: str) -> None:
    single = ChunkedFraming()
    for at in range(len(wire) - 1):
        single.feed(wire[at : at + 1])
        single.check()  # nothing is wrong before
    with pytest.raises(ConnectionLostError, match=words):
        single.feed(wire[-1:])
    whole = ChunkedFraming()
    content = b"ok" if words == "longer than it says" else b"okok"
    head = b"2\r\nok\r\n" if content == b"ok" else b"2\r\nok\r\n2\r\nok\r\n"
    assert whole.feed(head + wire) in {content, content + b"a"}
    for _ in range(2):  # without another byte
        with pytest.raises(ConnectionLostError, match=words):
            whole.check()
    with pytest.raises(ConnectionLostError, match=words):
        whole.feed_eof()


@pytest.mark.parametrize(
    "wire",
    [
        b'1 \t;a = "b"\r\nx\r\n0\r\n\r\n',
        b"\t01\t\nx\n0;last\n\n",
        b"0000000000000000000000000000001\r\nx\r\n0\r\nA : b\r\n c\r\n\td\r\nE:\r\n\r\n",
        b"1;a=\xff\x0b\r\nx\r\n0\r\n!#$%&'*+-.^_`|~: x\r\n\r\n",
    ],
)
def test_what_the_rules_allow_is_read(wire: bytes) -> None:
    assert outcome([wire]) == (b"x", None, False)
    assert outcome([wire, b"x"]) == (b"x", None, True)


def test_a_size_of_many_digits_is_an_error_that_can_be_shown() -> None:
    for wire in (b"1" * 60_000, b"1" * 60_000 + b"\r\n", b"F" * 17 + b"\r\n"):
        with pytest.raises(ConnectionLostError, match="more than 16 digits") as caught:
            ChunkedFraming().feed(wire)
        assert len(str(caught.value)) < 200
    framing = ChunkedFraming()
    framing.feed(b"F" * 16 + b"\r\nx")
    with pytest.raises(TruncatedStreamError) as cut:
        framing.feed_eof()
    assert cut.value.missing == 2**64 - 2
    framing = ChunkedFraming(int("1" * 60_000, 16))  # http.client takes such a size
    with pytest.raises(TruncatedStreamError) as cut:
        framing.feed_eof()
    assert len(str(cut.value.missing)) < 20


@pytest.mark.parametrize("piece", [1, 700, 1 << 20])
def test_extensions_are_bounded_by_the_content(piece: int) -> None:
    chunk = b"1;" + b"e" * 1000 + b"\r\n\0\r\n"
    wire = chunk * (MAX_OVERHEAD // 900)
    framing = ChunkedFraming()
    content = 0

    def feed_all() -> None:
        nonlocal content
        for at in range(0, len(wire), piece):
            content += len(framing.feed(wire[at : at + piece]))
        framing.check()

    with pytest.raises(ConnectionLostError, match=f"more than {MAX_OVERHEAD} bytes without"):
        feed_all()
    assert content == MAX_OVERHEAD // (len(chunk) - 1 - 32)


@pytest.mark.parametrize("line", [b"7d0\r\n", b"7d0;a=b\r\n"], ids=["plain", "extended"])
@pytest.mark.parametrize("piece", [1, 700, 1 << 20])
def test_content_pays_for_extensions(piece: int, line: bytes) -> None:
    flood = b"1;" + b"e" * (MAX_OVERHEAD // 2) + b"\r\nx\r\n"
    wire = (flood + line + bytes(2000) + b"\r\n") * 5 + b"0\r\n\r\n"
    content, error, _ = outcome(wire[at : at + piece] for at in range(0, len(wire), piece))
    assert error is None
    assert len(content) == 5 * 2001
    assert outcome([flood * 3])[:2] == (b"xx", ConnectionLostError)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), CUTS)
def test_the_excess_is_the_same_in_any_pieces(sizes: list[int], cuts: list[int]) -> None:
    wire = b"1;" + b"e" * 500 + b"\r\nx\r\n"
    wire += b"".join(b"%x\r\n%s\r\n" % (size, bytes(size)) for size in sizes)
    ends = sorted({min(508 + cut, len(wire)) for cut in cuts} | {len(wire)})
    whole, split = ChunkedFraming(), ChunkedFraming()
    whole.feed(wire)
    for start, end in zip([0, *ends], ends, strict=False):
        split.feed(wire[start:end])
    assert split._overhead.excess == whole._overhead.excess  # noqa: SLF001 - nothing else tells


def test_content_does_not_pay_in_advance() -> None:
    overhead = Overhead("the body")
    overhead.add(0, 1 << 30)
    overhead.add(MAX_OVERHEAD, 0)
    overhead.check()
    overhead.add(1, 0)
    with pytest.raises(ConnectionLostError, match=f"the body has more than {MAX_OVERHEAD} bytes"):
        overhead.check()


def test_signed_chunks_are_within_the_limit() -> None:
    line = b"40;chunk-signature=" + b"f" * 64 + b"\r\n"
    wire = (line + bytes(64) + b"\r\n") * 5000 + b"0\r\n\r\n"
    assert outcome([wire]) == (bytes(64 * 5000), None, False)


def test_the_checks_of_a_line_in_pieces_are_linear(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []

    class Counting:
        def __init__(self, pattern: re.Pattern[bytes]) -> None:
            self._pattern = pattern

        def fullmatch(self, data: bytes) -> re.Match[bytes] | None:
            checked.append(len(data))
            return self._pattern.fullmatch(data)

    for name in ("SIZE_START", "NAME_START"):
        monkeypatch.setattr(framing_module, name, Counting(getattr(framing_module, name)))
    for wire in (b"1;" + b"e" * 60_000, b"0\r\nn:" + b"v" * 60_000):
        framing = ChunkedFraming()
        for at in range(len(wire)):
            framing.feed(wire[at : at + 1])
    assert len(checked) <= 2 * (MAX_LINE_START + 10)
    assert max(checked) <= MAX_LINE_START + 1


def test_a_body_that_cannot_be_read_says_so_at_every_call() -> None:
    error = HttpHeaderError("no", header="Transfer-Encoding", value="x")
    framing = BrokenFraming(error)
    for call in (framing.check, framing.feed_eof, lambda: framing.feed(b"x")):
        with pytest.raises(HttpHeaderError) as caught:
            call()
        assert caught.value is not error
        assert caught.value.value == "x"
    assert not framing.done


def test_other_framings_have_no_breaks() -> None:
    for framing in (CloseFraming(), LengthFraming(1)):
        framing.feed(b"xx")
        framing.check()


@given(st.binary(max_size=100))
def test_random_bytes_raise_documented_errors(body: bytes) -> None:
    _, error, _ = outcome([body])
    assert error is None or issubclass(error, StreamError)
