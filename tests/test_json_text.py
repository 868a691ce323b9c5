"""JSON documents, whatever the pieces."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awsio.errors import LineTooLongError, TruncatedStreamError
from awsio.json_text import JsonDecoder, JsonSplitter

if TYPE_CHECKING:
    from collections.abc import Callable

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(
        ['"', "\\", '\\"', "]}{[", "\n", "d\xe9j\xe0 \U0001f600", "\u2028", "data: "]
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
CUTS = st.lists(st.integers(0, 400), max_size=30)


def take_all(decoder: JsonSplitter | JsonDecoder, pieces: list[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for piece in pieces:
        decoder.feed(piece)
        found += iter(decoder.next_document, None)
    decoder.feed_eof()
    found += iter(decoder.next_document, None)
    assert decoder.buffered == 0
    return found


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted(min(place, len(data)) for place in at)
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def split(data: bytes) -> list[bytes]:
    """Split data whole and byte by byte, which must be the same."""
    found = take_all(JsonSplitter(), [data])
    assert take_all(JsonSplitter(), bytewise(data)) == found
    return found


@given(
    values=st.lists(VALUES, max_size=6),
    space=st.sampled_from(["\n", " ", "\r\n", "\t\n\n  "]),
    ensure_ascii=st.sampled_from([True, False]),
    indent=st.sampled_from([None, 2]),
    at=CUTS,
)
@example(values=["\xe9\U0001f600"], space="\n", ensure_ascii=False, indent=None, at=list(range(12)))
@example(values=['\xe9\\"'], space="\n", ensure_ascii=True, indent=None, at=list(range(12)))
def test_documents_joined_and_cut_anywhere_are_those_documents(
    values: list[Any],
    space: str,
    ensure_ascii: Any,
    indent: int | None,
    at: list[int],
) -> None:
    texts = [json.dumps(value, ensure_ascii=ensure_ascii, indent=indent) for value in values]
    data = space.join(texts).encode()
    expected = [text.encode() for text in texts]
    assert take_all(JsonSplitter(), cut(data, at)) == expected
    assert take_all(JsonDecoder(), cut(data, at)) == expected


@given(values=st.lists(VALUES.filter(lambda value: isinstance(value, (dict, list, str)))), at=CUTS)
def test_between_documents_with_borders_no_space_is_needed(
    values: list[Any], at: list[int]
) -> None:
    texts = [json.dumps(value).encode() for value in values]
    assert take_all(JsonSplitter(), cut(b"".join(texts), at)) == texts


@given(st.binary(max_size=60), CUTS)
@example(b'"\\"a', [2])
def test_any_bytes_are_given_back_but_for_white_space_between_or_are_cut_off(
    data: bytes, at: list[int]
) -> None:
    splitter = JsonSplitter()
    found: list[bytes | None] = []
    try:
        for piece in cut(data, at):
            splitter.feed(piece)
            found += iter(splitter.next_document, None)
        splitter.feed_eof()
        found += iter(splitter.next_document, None)
    except TruncatedStreamError:
        found.append(splitter.take_open())
    assert splitter.take_open() is None
    assert splitter.buffered == 0
    squeezed = [(document or b"").translate(None, b" \t\r\n") for document in found]
    assert all(squeezed)
    assert b"".join(squeezed) == data.translate(None, b" \t\r\n")


@pytest.mark.parametrize(
    ("data", "documents"),
    [
        (b"", []),
        (b" \r\n\t", []),
        (b'{"a":1}[2]"3"', [b'{"a":1}', b"[2]", b'"3"']),
        (b'1{"a":1}2[3]true"x"null', [b"1", b'{"a":1}', b"2", b"[3]", b"true", b'"x"', b"null"]),
        (b'{"a": "}\\"{"}', [b'{"a": "}\\"{"}']),
        (b'"\\\\""\\\\\\""', [b'"\\\\"', b'"\\\\\\""']),
        (b'{"a":"\\\\"}{"b":"\\\\\\"}"}', [b'{"a":"\\\\"}', b'{"b":"\\\\\\"}"}']),
        (b'["a\\"","b\\\\",["\\"]\\"["]]{}', [b'["a\\"","b\\\\",["\\"]\\"["]]', b"{}"]),
        (b'{"\\\\":"]"}[]', [b'{"\\\\":"]"}', b"[]"]),
        (b"xyz }, ] {}", [b"xyz", b"},", b"]", b"{}"]),
        (b"-1.5e+3 false 0", [b"-1.5e+3", b"false", b"0"]),
        (b'[1, 2]\n\n{\n  "a": [\n]\n}\n', [b"[1, 2]", b'{\n  "a": [\n]\n}']),
    ],
)
def test_where_documents_end(data: bytes, documents: list[bytes]) -> None:
    assert split(data) == documents


@pytest.mark.parametrize("count", [99, 100, 101, 102, 199, 200, 201, 350])
@pytest.mark.parametrize(
    "document",
    [
        lambda n: b"[" + b'"]",' * n + b'"}"]',
        lambda n: b"{" + b'"\\"}": [],' * n + b'"a": {}}',
        lambda n: b'["' + b"\\n" * n + b'", "]"]',
        lambda n: b'["' + b"\\n" * n + b'}\\"", {}]',
        lambda n: b'"' + b'\\"' * n + b']"',
        lambda n: b'["a", "' + b"\\\\" * n + b'"]',
    ],
    ids=["strings", "escaped", "escapes", "brackets", "string", "backslashes"],
)
def test_any_number_of_strings_and_of_escapes(document: Callable[[int], bytes], count: int) -> None:
    data = document(count)
    json.loads(data)
    assert split(data + b"[]") == [data, b"[]"]
    # Cut in two anywhere near its end.
    for at in range(len(data) - 12, len(data)):
        assert take_all(JsonSplitter(), [data[:at], data[at:]]) == [data]


@pytest.mark.parametrize(
    ("piece", "documents"),
    [
        (b'{"a": [1, {}]}', [b'{"a": [1, {}]}']),
        (b'"a"', [b'"a"']),
        (b"[]", [b"[]"]),
        (b"12", []),
        (b"12 ", [b"12"]),
        (b"true", []),
        (b"true\n", [b"true"]),
        (b"1[", [b"1"]),
    ],
)
def test_a_document_is_given_as_soon_as_its_last_byte_is_there(
    piece: bytes, documents: list[bytes]
) -> None:
    splitter = JsonSplitter()
    splitter.feed(piece)
    assert list(iter(splitter.next_document, None)) == documents


CUT_OFF = [
    b'{"a',
    b"[1,",
    b'"ab',
    b'"a\\',
    b'["a"',
    b"t",
    b"tru",
    b"fals",
    b"nul",
    b"-",
    b"1.",
    b"1e",
]


@pytest.mark.parametrize("data", CUT_OFF)
@pytest.mark.parametrize("before", [b"", b"{} "])
def test_a_document_that_the_end_cuts_off_is_an_error_again_and_again(
    before: bytes, data: bytes
) -> None:
    for decoder in (JsonSplitter(), JsonDecoder()):
        for piece in bytewise(before + data):
            decoder.feed(piece)
        decoder.feed_eof()
        if before:
            assert decoder.next_document() == b"{}"
        for _ in range(2):
            with pytest.raises(TruncatedStreamError) as caught:
                decoder.next_document()
            assert caught.value.buffered == decoder.buffered == len(data)
            assert repr(data) in str(caught.value)


@pytest.mark.parametrize("data", [b"true", b"12", b"-1.5", b"nil", b"tr ue", b"1e5", b"nan"])
def test_the_end_ends_a_number_and_a_literal(data: bytes) -> None:
    assert split(data) == data.split()


@pytest.mark.parametrize("data", [b'{"a": 1}', b'"123456"', b"12345678"])
def test_a_document_above_the_limit_is_refused_until_the_limit_is_higher(data: bytes) -> None:
    for fed in (data, data + b" "):
        splitter = JsonSplitter(len(data) - 1)
        splitter.feed(fed)
        for _ in range(2):
            with pytest.raises(LineTooLongError, match="JSON document of 8 bytes") as caught:
                splitter.next_document()
            assert (caught.value.length, caught.value.limit) == (8, 7)
        splitter.max_size = 8
        splitter.feed_eof()
        assert splitter.next_document() == data


def test_the_limit_is_for_each_document_and_known_before_its_end() -> None:
    decoder = JsonDecoder(10)
    decoder.feed(b"[1,2,3] [4,5,6] [7,")
    assert [decoder.next_document(), decoder.next_document()] == [b"[1,2,3]", b"[4,5,6]"]
    assert decoder.next_document() is None
    decoder.feed(b"8,9,10,11")
    with pytest.raises(LineTooLongError):
        decoder.next_document()


def test_what_is_buffered_is_counted() -> None:
    decoder = JsonDecoder()
    decoder.feed(b" ")
    assert decoder.buffered == 0
    decoder.feed(b"\xef\xbb")
    assert decoder.buffered == 2
    decoder.feed(b"\xbf[1] [2")
    assert decoder.buffered == 5
    decoder.next_document()
    assert decoder.buffered == 2
    events = JsonDecoder()
    events.feed(b"data: [1]\n\ndata: ")
    assert events.buffered == 15
    events.next_document()
    events.next_document()
    assert events.buffered == 6


BOM = b"\xef\xbb\xbf"


@pytest.mark.parametrize("cut", range(7))
def test_a_second_byte_order_mark_is_no_mark_wherever_the_pieces_are_cut(cut: int) -> None:
    decoder = JsonDecoder()
    decoder.feed((BOM * 2)[:cut])
    decoder.feed((BOM * 2)[cut:])
    decoder.feed_eof()
    assert decoder.next_document() == BOM


@pytest.mark.parametrize("data", [BOM + b'{"a":1}', BOM + b" \n[1]", b"\r\n" + BOM + b"[1]", BOM])
def test_a_byte_order_mark_at_the_start_is_skipped(data: bytes) -> None:
    expected = [data.replace(BOM, b"").strip()] if data != BOM else []
    for pieces in ([data], bytewise(data)):
        assert take_all(JsonDecoder(), pieces) == expected


SSE = {
    "events": (b'data: {"a": 1}\n\ndata: [2]\n\ndata: [DONE]\n\n', [b'{"a": 1}', b"[2]"]),
    "of several lines": (b'data: {"a":\ndata: 1}\n\n', [b'{"a":\n1}']),
    "with all fields": (b": c\nid: 1\nevent: e\nretry: 5\ndata:1\r\n\r\n", [b"1"]),
    "a comment first": (b":\n\ndata: 1\n\n", [b"1"]),
    "an id first": (b"id: 1\ndata: 1\n\n", [b"1"]),
    "an event type first": (b"event: e\ndata: 1\n\n", [b"1"]),
    "a retry first": (b"retry: 1\ndata: 1\n\n", [b"1"]),
    "after blank lines": (b"\n\ndata: 1\n\n", [b"1"]),
    "after a mark": (BOM + b"data: 1\n\n", [b"1"]),
    "documents in one event": (b'data: {"a": 1}\ndata: {"b": 2}\n\n', [b'{"a": 1}', b'{"b": 2}']),
    "no data": (b"data:\n\nevent: e\n\ndata: 1\n\n", [b"1"]),
    "no last blank line": (b"data: 1\n\ndata: [2]\n", [b"1", b"[2]"]),
    "no last line end": (b"data: 1\n\ndata: [2]", [b"1", b"[2]"]),
    "a last carriage return": (b"data: 1\r\rdata: [2]\r", [b"1", b"[2]"]),
    "done without an end": (b"data: 1\n\ndata: [DONE]", [b"1"]),
    "done with spaces": (b"data: 1\n\ndata:   [DONE] \n\n", [b"1"]),
    "half a document": (b"data: [1\n\ndata: [2]\n\n", [b"[1", b"[2]"]),
    "after a mark and a blank line": (BOM + b"\ndata: 1\n\n", [b"1"]),
    "half an array, then a number": (b"data: [1\n\ndata: 2\ndata: 3\n\n", [b"[1", b"2", b"3"]),
    "half a string, then arrays": (
        b'data: ["1\n\ndata: [2]\ndata: [3]\n\n',
        [b'["1', b"[2]", b"[3]"],
    ),
    "half an escape, then a string": (
        b'data: ["1\\\n\ndata: ""\ndata: "3"\n\n',
        [b'["1\\', b'""', b'"3"'],
    ),
    "half a string": (b'data: ["1\\\n\ndata: [2]\n\n', [b'["1\\', b"[2]"]),
    "letters": ('data: "\xe9\U0001f600"\n\n'.encode(), ['"\xe9\U0001f600"'.encode()]),
}


@pytest.mark.parametrize("name", SSE)
def test_the_data_of_server_sent_events(name: str) -> None:
    data, documents = SSE[name]
    for pieces in ([data], bytewise(data), [data[:3], data[3:]]):
        assert take_all(JsonDecoder(), pieces) == documents


def test_an_event_is_there_at_its_blank_line() -> None:
    decoder = JsonDecoder()
    decoder.feed(b"data: 1\n\n")
    assert decoder.next_document() == b"1"


@pytest.mark.parametrize("data", [b"data: [1", b'data: {"a":\ndata: 2\n', b"data: [DO"])
def test_an_event_whose_document_the_end_cuts_off_is_an_error(data: bytes) -> None:
    decoder = JsonDecoder()
    decoder.feed(b"data: 0\n\n" + data)
    assert decoder.next_document() == b"0"
    assert decoder.next_document() is None
    decoder.feed_eof()
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):
            decoder.next_document()
        assert decoder.buffered > 0


def test_an_event_above_the_limit_is_refused() -> None:
    decoder = JsonDecoder(10)
    decoder.feed(b"data: 1\n\ndata: [1,2,3,4]\n\n")
    assert decoder.next_document() == b"1"
    with pytest.raises(LineTooLongError):
        decoder.next_document()


@pytest.mark.parametrize("data", [b"dat", b"denied", b"error", b"e", b"i", b"retry"])
def test_what_begins_nearly_like_an_event_is_none(data: bytes) -> None:
    for pieces in ([data], bytewise(data)):
        assert take_all(JsonDecoder(), pieces) == [data]


def test_events_can_be_expected_whatever_comes_first() -> None:
    decoder = JsonDecoder()
    decoder.expect_events()
    decoder.expect_events()  # of no more effect
    decoder.feed(b"x: 1\n\ndata: 2\n\n")
    decoder.expect_events()
    assert decoder.next_document() == b"2"
    decoder.feed_eof()
    assert decoder.next_document() is None


@pytest.mark.parametrize(
    "document",
    [
        b'{"k":"' + b"a" * 1_000_000 + b'"}',
        b'{"k":"' + b"a\\n" * 300_000 + b'"}',
        b"[" + b'"a",' * 250_000 + b"1]",
        b"[" * 200_000 + b"]" * 200_000,
        b"1" * 1_000_000 + b" ",
        b"[" + b" " * 1_000_000 + b"]",
    ],
    ids=["string", "escapes", "strings", "nesting", "number", "space"],
)
def test_cost_is_linear_whatever_the_pieces(document: bytes) -> None:
    # Quadratic cost would be minutes: 16,000 pieces of 64 bytes, looked at 8,000 times each.
    started = time.process_time()
    splitter = JsonSplitter()
    for at in range(0, len(document), 64):
        splitter.feed(document[at : at + 64])
        assert at + 64 >= len(document) or splitter.next_document() is None
    assert splitter.next_document() == document.strip()
    assert time.process_time() - started < 5
