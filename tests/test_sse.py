"""Lines and server-sent events, whatever the pieces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio.errors import LineTooLongError
from awsio.sse import ServerSentEvent, SseDecoder


def events_of(*pieces: bytes) -> list[ServerSentEvent]:
    decoder = SseDecoder()
    found = []
    for piece in pieces:
        decoder.feed(piece)
        found += iter(decoder.next_event, None)
    decoder.feed_eof()
    found += iter(decoder.next_event, None)
    assert decoder.buffered == 0
    return found


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted(min(place, len(data)) for place in at)
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def test_the_specification_s_stock_quote() -> None:
    assert events_of(b"data: YHOO\ndata: +2\ndata: 10\n\n") == [
        ServerSentEvent("message", "YHOO\n+2\n10")
    ]


def test_the_specification_s_four_blocks() -> None:
    stream = (
        b": test stream\n\n"
        b"data: first event\nid: 1\n\n"
        b"data:second event\nid\n\n"
        b"data:  third event\n"
    )
    # The last block has no blank line behind it: it is no event.
    assert events_of(stream) == [
        ServerSentEvent("message", "first event", "1"),
        ServerSentEvent("message", "second event", ""),
    ]
    assert events_of(stream + b"\n")[2:] == [ServerSentEvent("message", " third event", "")]


def test_the_specification_s_empty_data() -> None:
    assert events_of(b"data\n\ndata\ndata\n\ndata:") == [
        ServerSentEvent("message", ""),
        ServerSentEvent("message", "\n"),
    ]


def test_the_specification_s_optional_space() -> None:
    assert events_of(b"data:test\n\ndata: test\n\n") == [ServerSentEvent("message", "test")] * 2


def test_the_specification_s_named_events() -> None:
    stream = b"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: 113411\n\n"
    assert events_of(stream) == [
        ServerSentEvent("add", "73857293"),
        ServerSentEvent("remove", "2153"),
        ServerSentEvent("message", "113411"),
    ]


def test_ids_stay_and_types_do_not() -> None:
    stream = b"id: 7\nevent: a\ndata: 1\n\ndata: 2\n\nid: 8\n\ndata: 3\n\nid: x\0y\ndata: 4\n\n"
    assert events_of(stream) == [
        ServerSentEvent("a", "1", "7"),
        ServerSentEvent("message", "2", "7"),
        ServerSentEvent("message", "3", "8"),
        ServerSentEvent("message", "4", "8"),
    ]


def test_an_event_type_without_data_is_forgotten() -> None:
    assert events_of(b"event: lost\n\ndata: x\n\n") == [ServerSentEvent("message", "x")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"1500", 1500),
        (b"0", 0),
        (b"-1", None),
        (b"1.5", None),
        (b"", None),
        ("٣".encode(), None),
        (b"9" * 5000, None),
    ],
    ids=["number", "zero", "negative", "fraction", "empty", "other digits", "endless"],
)
def test_a_retry_is_digits_only(value: bytes, expected: int | None) -> None:
    assert events_of(b"retry: " + value + b"\ndata: x\n\ndata: y\n\n") == [
        ServerSentEvent("message", "x", retry=expected),
        ServerSentEvent("message", "y"),
    ]


def test_unknown_fields_and_comments_are_passed_over() -> None:
    stream = b":\n: c\nDATA: no\n data: no\nfield: no\ndata : no\ndata: yes\n\n"
    assert events_of(stream) == [ServerSentEvent("message", "yes")]


def test_only_one_byte_order_mark_at_the_start_is_skipped() -> None:
    bom = b"\xef\xbb\xbf"
    assert events_of(bom + b"data: x\n\n") == [ServerSentEvent("message", "x")]
    assert events_of(bom[:1], bom[1:2], bom[2:], b"data: x\n\n") == [
        ServerSentEvent("message", "x")
    ]
    assert events_of(bom + bom + b"data: x\n\ndata: y\n\n") == [ServerSentEvent("message", "y")]
    assert events_of(b"data: " + bom + b"\n\n") == [ServerSentEvent("message", "\ufeff")]
    assert events_of(bom[:2]) == []
    assert events_of(b"\xef", b"data: x\n\ndata: y\n\n") == [ServerSentEvent("message", "y")]


def test_invalid_utf8_is_replaced() -> None:
    assert events_of(b"data: a\xffb\n\n") == [ServerSentEvent("message", "a\ufffdb")]


def test_a_character_cut_by_a_piece_is_whole() -> None:
    assert events_of(b"data: \xc3", b"\xa4\n\n") == [ServerSentEvent("message", "ä")]


STREAM = (
    "\ufeff: hi\r\nid: 1\r\nevent: größe\rdata: a: b\ndata:\r\n\r\ndata: x\r\rretry: 5\ndata\n\n"
    "data: lost"
).encode()


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_pieces_do_not_change_events(at: list[int]) -> None:
    assert events_of(*cut(STREAM, at)) == [
        ServerSentEvent("größe", "a: b\n", "1"),
        ServerSentEvent("message", "x", "1"),
        ServerSentEvent("message", "", "1", 5),
    ]


@given(st.text(alphabet="adt:i \r\n\ufeff", max_size=40), st.lists(st.integers(0, 60)))
def test_any_text_gives_the_same_events_in_any_pieces(text: str, at: list[int]) -> None:
    data = text.encode()
    assert events_of(*cut(data, at)) == events_of(data)


@pytest.mark.parametrize("data", ["0123456789", "äöüßé"])
def test_the_limit_of_an_event_is_in_bytes_of_its_lines(data: str) -> None:
    stream = f"event: name\ndata: {data}\n\ndata: x\n\n".encode()
    for limit in (27, 26, None):
        decoder = SseDecoder(limit)
        decoder.feed(stream)
        if limit == 26:
            for _ in range(3):
                with pytest.raises(LineTooLongError) as caught:
                    decoder.next_event()
                assert (caught.value.length, caught.value.limit) == (27, 26)
            decoder.max_size = None
        assert decoder.next_event() == ServerSentEvent("name", data)
        assert decoder.next_event() == ServerSentEvent("message", "x")


def test_an_event_without_end_is_refused_before_it_grows() -> None:
    decoder = SseDecoder(20)
    for _ in range(2):
        decoder.feed(b"data: 12\n")
        assert decoder.next_event() is None
    decoder.feed(b"data")
    assert decoder.next_event() is None
    decoder.feed(b": 34")
    with pytest.raises(LineTooLongError):
        decoder.next_event()


def test_what_is_buffered_is_counted() -> None:
    decoder = SseDecoder()
    decoder.feed(b"\xef\xbb")
    assert decoder.buffered == 2
    decoder.feed(b"\xbfdata: x\n")
    assert decoder.next_event() is None
    assert decoder.buffered > 0
    decoder.feed(b"\n")
    assert decoder.next_event() == ServerSentEvent("message", "x")
    assert decoder.buffered == 0
