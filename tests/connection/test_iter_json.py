"""`iter_json`: the documents that a payload carries."""

from __future__ import annotations

import gc
import io
import json
import sys
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

import awsio
from awsio import EventParser, PawsConnection
from awsio.errors import (
    EventParseError,
    LineTooLongError,
    ReaderConflictError,
    ServiceStreamError,
    TruncatedStreamError,
    UnknownNameError,
)
from awsio.events import operation_model
from awsio.testing import encode_events
from tests.support.frames import event, exception
from tests.support.wire import Answer, Gate

Connect: TypeAlias = Callable[..., PawsConnection]

DOCUMENTS = [{"token": 'd\xe9j\xe0 "\U0001f600" \\'}, [1, [2]], "x", 12, None, {"a": {"b": []}}]
LINES = "\n".join(json.dumps(document, ensure_ascii=False) for document in DOCUMENTS).encode()
SSE = (
    b"".join(b"data: %s\n\n" % json.dumps(document).encode() for document in DOCUMENTS)
    + b"data: [DONE]\n\n"
)
BODIES = {"json": LINES, "sse": SSE}


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def parts(pieces: list[bytes]) -> list[bytes]:
    """Put pieces into frames, as SageMaker does."""
    return [event("PayloadPart", piece, "application/octet-stream") for piece in pieces]


@pytest.fixture(scope="module")
def endpoint() -> EventParser:
    model = operation_model("sagemaker-runtime", "InvokeEndpointWithResponseStream")
    return EventParser.for_operation(model)


@pytest.fixture(scope="module")
def bedrock() -> EventParser:
    model = operation_model("bedrock-runtime", "InvokeModelWithResponseStream")
    return EventParser.for_operation(model)


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
def test_of_events_cut_anywhere(
    connect: Connect, endpoint: EventParser, kind: str, size: int
) -> None:
    con = connect(Answer(parts(cut(BODIES[kind], size))), endpoint)
    assert list(con.iter_json()) == DOCUMENTS
    assert list(con.iter_json()) == []
    assert awsio.resp_stream_is_complete(con)


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("size", [1, 3, 10_000])
@pytest.mark.parametrize("media_type", ["application/x-ndjson", "text/event-stream", None])
def test_of_a_body_of_another_kind(
    connect: Connect, framing: str, kind: str, size: int, media_type: str | None
) -> None:
    if (kind, media_type) == ("json", "text/event-stream"):
        pytest.skip("no such body")
    con = connect(Answer(cut(BODIES[kind], size), framing, content_type=media_type))
    assert list(con.iter_json()) == DOCUMENTS


def test_the_content_type_tells_of_server_sent_events(connect: Connect) -> None:
    answer = Answer([b"x: y\n\ndata: 1\n\n"], content_type="Text/Event-Stream; charset=utf-8")
    assert list(connect(answer).iter_json()) == [1]
    answer = Answer([b"x: y\n\ndata: 1\n\n"], content_type="text/plain")
    with pytest.raises(EventParseError):
        next(connect(answer).iter_json())


def test_of_bedrocks_chunks_a_document_each(bedrock: EventParser) -> None:
    chunks = [{"chunk": {"bytes": json.dumps(document).encode()}} for document in DOCUMENTS[:3]]
    wire = encode_events("bedrock-runtime", "InvokeModelWithResponseStream", chunks)
    assert list(PawsConnection(io.BytesIO(wire), bedrock).iter_json()) == DOCUMENTS[:3]


def test_of_frames_without_a_parser_and_of_one_member() -> None:
    wire = event("A", b"[1]") + event("B", b"[2]") + event("A", b"[3]")
    assert list(PawsConnection(io.BytesIO(wire)).iter_json()) == [[1], [2], [3]]
    assert list(PawsConnection(io.BytesIO(wire)).iter_json("A")) == [[1], [3]]


def test_a_member_that_is_none_is_refused_at_once(bedrock: EventParser) -> None:
    con = PawsConnection(io.BytesIO(b""), bedrock)
    with pytest.raises(UnknownNameError, match="chunk"):
        con.iter_json("chunks")
    assert list(con.iter_json("chunk.bytes")) == []


@pytest.mark.parametrize("framed", [True, False])
def test_a_document_is_given_before_more_has_come(
    connect: Connect,
    endpoint: EventParser,
    framed: bool,  # noqa: FBT001 - parametrize gives it
) -> None:
    gates = [Gate(), Gate()]
    pieces = [b'{"a', b'":"\xc3', b'\xa9"} 1', b" ", b"2"]
    wire: list[Any] = parts(pieces) if framed else list(pieces)
    wire[3:3] = [gates[0]]
    wire[5:5] = [gates[1]]
    content_type = "application/vnd.amazon.eventstream" if framed else "application/json"
    documents = connect(
        Answer(wire, content_type=content_type), endpoint if framed else None
    ).iter_json()
    assert next(documents) == {"a": "\xe9"}
    assert not gates[0].reader < 0
    gates[0].open()
    assert next(documents) == 1
    gates[1].open()
    assert list(documents) == [2]


def test_what_was_not_taken_stays_for_the_next_iteration() -> None:
    con = PawsConnection(io.BytesIO(b"[1] [2] [3]"))
    assert next(con.iter_json()) == [1]
    assert not awsio.resp_stream_is_complete(con)
    assert list(con.iter_json()) == [[2], [3]]


@pytest.mark.parametrize("data", [b"nonsense", b'{"a": tru}', b"{]", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_an_error_and_passed_over(data: bytes) -> None:
    data = data + b"]" * 100_000 if data.startswith(b"[") else data
    con = PawsConnection(io.BytesIO(b"[0]\n" + data + b"\n[1]"))
    documents = con.iter_json()
    assert next(documents) == [0]
    with pytest.raises(EventParseError) as caught:
        next(documents)
    assert caught.value.data == data
    assert repr(data[:60])[:20] in str(caught.value)
    assert list(documents) == [[1]]


@pytest.mark.parametrize("kind", BODIES)
def test_a_document_that_the_end_cuts_off_is_an_error(endpoint: EventParser, kind: str) -> None:
    body = {"json": b'[0] {"a": "b', "sse": b'data: [0]\n\ndata: {"a": "b'}[kind]
    for con in (
        PawsConnection(io.BytesIO(b"".join(parts([body]))), endpoint),
        PawsConnection(io.BytesIO(body)),
    ):
        documents = con.iter_json()
        assert next(documents) == [0]
        for _ in range(2):
            with pytest.raises(TruncatedStreamError) as caught:
                next(documents)
            assert caught.value.buffered == len(b'{"a": "b')


def test_a_body_that_the_transport_cuts_off_is_an_error(connect: Connect) -> None:
    answer = Answer([b'[0] {"a": 1'], last_chunk=False, end="fin", content_type="application/json")
    documents = connect(answer).iter_json()
    assert next(documents) == [0]
    with pytest.raises(TruncatedStreamError):
        next(documents)


def test_an_exception_of_the_service_passes_and_nothing_before_is_lost(
    endpoint: EventParser,
) -> None:
    wire = b"".join(parts([b"[1] [2", b"]"])[:1]) + exception("ModelStreamError", "no")
    wire += parts([b"]"])[0]
    documents = PawsConnection(io.BytesIO(wire), endpoint).iter_json()
    assert next(documents) == [1]
    with pytest.raises(ServiceStreamError):
        next(documents)
    assert next(documents) == [2]


def test_a_document_above_the_limit_is_refused_and_can_still_be_read() -> None:
    con = PawsConnection(io.BytesIO(b"[1] [1,2,3,4] [2]"))
    documents = con.iter_json(max_size=5)
    assert next(documents) == [1]
    for _ in range(2):
        with pytest.raises(LineTooLongError):
            next(documents)
    assert list(con.iter_json()) == [[1, 2, 3, 4], [2]]


def test_lines_and_documents_do_not_mix_while_something_waits() -> None:
    con = PawsConnection(io.BytesIO(b"[1]\n[2]\n"))
    assert awsio.resp_stream_lines(con) == ["[1]"]
    with pytest.raises(ReaderConflictError):
        con.iter_json()
    con = PawsConnection(io.BytesIO(b"[1]\n[2]\n"))
    documents = con.iter_json()
    assert next(documents) == [1]
    with pytest.raises(ReaderConflictError):
        awsio.resp_stream_lines(con)
    assert next(documents) == [2]
    assert awsio.resp_stream_lines(con) is None


def test_a_closed_connection_cannot_be_read() -> None:
    con = PawsConnection(io.BytesIO(b"[1]"))
    con.close()
    with pytest.raises(ValueError, match="closed"):
        next(con.iter_json())


def test_what_is_buffered_does_not_keep_a_connection() -> None:
    con = PawsConnection(io.BytesIO(b"[1] [2]"))
    assert next(con.iter_json()) == [1]
    gone = weakref.ref(con)
    del con
    gc.collect()
    assert gone() is None


def test_nesting_as_deep_as_python_allows_is_read() -> None:
    depth = sys.getrecursionlimit() // 3
    body = b"[" * depth + b"]" * depth
    assert list(PawsConnection(io.BytesIO(body)).iter_json()) == [json.loads(body)]


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    documents=st.lists(TREES, max_size=5),
    at=st.lists(st.integers(0, 300), max_size=20),
    sse=st.sampled_from([True, False]),
    framed=st.sampled_from([True, False]),
)
def test_any_documents_cut_anywhere_are_what_json_loads_gives(
    endpoint: EventParser, documents: list[Any], at: list[int], sse: Any, framed: Any
) -> None:
    texts = [json.dumps(document, ensure_ascii=False).encode() for document in documents]
    wrap = b"data: %s\n\n" if sse else b"%s\n"
    body = b"".join(wrap % text for text in texts)
    places = sorted(min(place, len(body)) for place in at)
    pieces = [body[a:b] for a, b in zip([0, *places], [*places, len(body)], strict=True)]
    if framed:
        con = PawsConnection(io.BytesIO(b"".join(parts(pieces))), endpoint)
    else:
        con = PawsConnection(Pieces(pieces))
    assert list(con.iter_json()) == [json.loads(text) for text in texts]


class Pieces:
    """A file that gives one piece a read."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def read(self, _size: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""
