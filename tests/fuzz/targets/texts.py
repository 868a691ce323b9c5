"""Targets of text in pieces: lines, server-sent events, JSON documents, JSON itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from awsio.errors import LineTooLongError, TruncatedStreamError
from awsio.events.json import stdlib_loads, with_fallback
from awsio.json_text import JsonDecoder, JsonSplitter
from awsio.lines import LineSplitter
from awsio.sse import SseDecoder
from tests.fuzz.inputs import HEAD, pieces, read_input

try:
    import orjson
except ImportError:  # nothing is to be compared
    quick_loads = None
else:
    quick_loads = with_fallback(orjson.loads)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ("documents", "json_text", "lines", "quick_loads", "sse")

LIMITED = 1  # a bit of the flags
AS_EVENTS = 2
BARE_CR = 4
LIMIT = 12
SPACE = b" \t\n\r"
#: Where the two parsers of JSON give up is not the same depth.
DEPTH = 150

split_lines = re.compile(rb"\r\n|\n").split
split_lines_at_cr = re.compile(rb"\r\n|\r|\n").split
find_value = json.JSONDecoder().raw_decode


def collect(feed: Callable[[bytes], None], take: Callable[[], Any], parts: Iterable[bytes]) -> Any:
    """Take all that is whole after each piece; gives it, and the error that ended it."""
    found = []
    try:
        for part in parts:
            feed(part)
            while (one := take()) is not None:
                found.append(one)
    except LineTooLongError as error:
        assert error.limit == LIMIT < error.length
        return found, type(error)
    return found, None


def lines(data: bytes) -> None:
    """Lines: as a regular expression finds them, in any split."""
    flags, sizes, body = read_input(data)
    limit = LIMIT if flags & LIMITED else None
    bare_cr = bool(flags & BARE_CR)
    splitter = LineSplitter(limit, bare_cr=bare_cr)
    found, error = collect(splitter.feed, splitter.next_line, pieces(body, sizes))
    expected = split_lines_at_cr(body) if bare_cr else split_lines(body)
    if error is not None:
        assert found == expected[: len(found)]
        assert len(expected[len(found)]) > LIMIT
        return
    splitter.unread(found)
    assert [splitter.next_line() for _ in found] == found
    splitter.max_size = None  # a CR at the end counts as a part of the line from now on
    splitter.feed_eof()
    last = splitter.next_line()
    assert [*found, last or b""] == expected
    assert splitter.buffered == 0
    assert last is not None or expected[-1] == b""


def sse(data: bytes) -> None:
    """Server-sent events: the same ones in any split, under a limit too."""
    flags, sizes, body = read_input(data)
    limit = LIMIT if flags & LIMITED else None
    split, whole = SseDecoder(limit), SseDecoder(limit)
    found = collect(split.feed, split.next_event, pieces(body, sizes))
    assert found == collect(whole.feed, whole.next_event, [body]), "another split"
    for event in found[0]:
        assert not {"\n", "\r"} & {*event.type, *event.id}
        assert event.retry is None or event.retry >= 0
    assert split.buffered <= len(body)
    split.feed_eof()
    assert limit is not None or split.next_event() is None
    assert split.buffered == 0


def json_text(data: bytes) -> None:
    """JSON documents: the same ones in any split, in order, nothing left out."""
    flags, sizes, body = read_input(data)
    limit = LIMIT if flags & LIMITED else None
    if flags & AS_EVENTS:
        assert decode(JsonDecoder(limit), pieces(body, sizes)) == decode(
            JsonDecoder(limit), [body]
        ), "another split"
        return
    found, error = decode(JsonSplitter(limit), pieces(body, sizes))
    assert (found, error) == decode(JsonSplitter(limit), [body]), "another split"
    at = 0
    for document in found:
        start = body.index(document, at)
        assert not body[at:start].strip(SPACE), "bytes are left out"
        at = start + len(document)
    assert error is not None or not body[at:].strip(SPACE), "bytes are left out"
    expected = values_of(body)
    if expected is not None and error is not LineTooLongError:
        assert error is None, "documents that are right end in an error"
        assert repr([json.loads(document) for document in found]) == repr(expected)


def decode(decoder: JsonSplitter | JsonDecoder, parts: Iterable[bytes]) -> Any:
    """Take all documents; gives them, and the type of the error that ended them."""
    found, error = collect(decoder.feed, decoder.next_document, parts)
    if error is not None:
        return found, error
    try:
        decoder.feed_eof()
        while (document := decoder.next_document()) is not None:
            found.append(document)
    except (TruncatedStreamError, LineTooLongError) as ended:
        return found, type(ended)
    assert decoder.buffered == 0
    return found, None


def values_of(body: bytes) -> list[Any] | None:
    """Read documents by the standard library; None if they are not all right and apart."""
    try:
        text = body.decode().strip(SPACE.decode())
        found, at = [], 0
        while at < len(text):
            value, end = find_value(text, at)
            is_scalar = text[at] not in '[{"'
            if is_scalar and end < len(text) and text[end] not in ' \t\n\r[{"':
                return None
            found.append(value)
            at = len(text) - len(text[end:].lstrip(SPACE.decode()))
    except (ValueError, RecursionError):
        return None
    return found


def documents(data: bytes) -> None:
    """JSON is read alike with orjson and without it."""
    payload = data[HEAD:]
    if payload.count(b"[") + payload.count(b"{") > DEPTH:
        return
    assert result(quick_loads or stdlib_loads, payload) == result(stdlib_loads, payload)


def result(load: Callable[[bytes], Any], payload: bytes) -> Any:
    """Tell what a loader makes of a document, in a form that shows types and signs."""
    try:
        return repr(load(payload))
    except (ValueError, RecursionError) as error:
        return type(error)
