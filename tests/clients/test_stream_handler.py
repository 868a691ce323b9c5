"""`StreamHandler`: a function, a connection, or a loop."""

from __future__ import annotations

import gc
import io
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

import awsio
from awsio import PawsConnection, StreamHandler
from awsio.errors import (
    EventParseError,
    IncompleteStreamError,
    ServiceStreamError,
    TruncatedStreamError,
)
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event, exception

KEY = {"access_key_id": "AKID", "secret_access_key": "s"}


def handler(*frames: bytes) -> StreamHandler:
    """Give the handler of a call that was answered with these frames."""
    return handler_of(io.BytesIO(b"".join(frames)))


def handler_of(body: io.BytesIO) -> StreamHandler:
    client = awsio.client("bedrock-runtime", region="us-east-1", credentials=KEY)
    client.meta.events.register(
        "before-send.bedrock-runtime", lambda request, **_: AWSResponse(request.url, 200, {}, body)
    )
    stream: StreamHandler = client.converse_stream(**CONVERSE_CALL).stream
    return stream


def text_of(chunk: Any) -> Any:
    return chunk.contentBlockDelta.delta.text


def test_a_function_gets_every_event_and_nones_are_left_out() -> None:
    seen: list[Any] = []
    stream = handler(*CONVERSE)
    assert stream(lambda chunk: seen.append(chunk) or text_of(chunk)) == ["Hello", ", wörld"]
    assert seen == CONVERSE_EVENTS
    assert stream(connection=True).closed


def test_falsy_results_are_kept() -> None:
    results = iter([0, "", False, None, [], 1])
    assert handler(*CONVERSE)(lambda _: next(results)) == [0, "", False, [], 1]


UNFINISHED = CONVERSE[:2]


def test_a_call_can_accept_an_end_without_the_terminal_event() -> None:
    assert handler(*UNFINISHED)(text_of, require_terminal=False) == ["Hello"]
    con = handler(*UNFINISHED)(connection=True, require_terminal=False)
    assert list(con) == CONVERSE_EVENTS[:2]


@pytest.mark.parametrize("options", [{}, {"require_terminal": None}])
def test_a_call_that_does_not_say_leaves_it_to_the_client(options: dict[str, Any]) -> None:
    with pytest.raises(IncompleteStreamError):
        handler(*UNFINISHED)(text_of, **options)
    stream = handler(*UNFINISHED)
    stream(connection=True).require_terminal = False
    assert stream(text_of, **options) == ["Hello"]


def test_a_call_can_ask_for_the_terminal_event() -> None:
    stream = handler(*UNFINISHED)
    stream(connection=True).require_terminal = False
    with pytest.raises(IncompleteStreamError):
        stream(text_of, require_terminal=True)


def test_a_second_call_says_closed() -> None:
    stream = handler(*CONVERSE)
    stream(text_of)
    with pytest.raises(ValueError, match="closed"):
        stream(text_of)


def test_what_the_function_raises_passes_and_the_stream_goes_on() -> None:
    stream = handler(*CONVERSE)
    with pytest.raises(ZeroDivisionError):
        stream(lambda chunk: 1 / 0 if text_of(chunk) else None)
    assert list(stream) == CONVERSE_EVENTS[2:]


@pytest.mark.parametrize(
    ("last", "error"),
    [
        (CONVERSE[1][:-1], TruncatedStreamError),
        (exception("throttlingException", "slow"), ServiceStreamError),
        (event("contentBlockDelta", b"{nonsense"), EventParseError),
    ],
    ids=["cut", "exception", "nonsense"],
)
def test_a_stream_that_breaks_is_closed(last: bytes, error: type[Exception]) -> None:
    stream = handler(CONVERSE[0], last)
    seen: list[Any] = []
    with pytest.raises(error):
        stream(seen.append)
    assert seen == CONVERSE_EVENTS[:1]
    assert stream(connection=True).closed


def test_it_hands_its_connection_out() -> None:
    stream = handler(*CONVERSE)
    con = stream(connection=True)
    assert isinstance(con, PawsConnection)
    assert stream(connection=True) is con
    assert con.read_event() == CONVERSE_EVENTS[0]
    assert list(stream) == CONVERSE_EVENTS[1:]


def test_paws_s_loop() -> None:
    con = handler(*CONVERSE)(connection=True)
    texts = []
    while (chunk := awsio.paws_stream_parser(con)) is not None:
        texts.append(text_of(chunk))
    assert texts == [None, "Hello", ", wörld", None, None, None]


def test_it_wants_a_function_or_a_connection_and_not_both() -> None:
    stream = handler(*CONVERSE)
    for call in (stream, lambda: stream(text_of, connection=True), lambda: stream(None)):
        with pytest.raises(TypeError, match="function"):
            call()
    assert len(list(stream)) == 6


def test_a_broken_off_loop_can_go_on() -> None:
    stream = handler(*CONVERSE)
    for event_ in stream:
        assert event_ == CONVERSE_EVENTS[0]
        break
    assert list(stream) == CONVERSE_EVENTS[1:]
    assert list(stream) == []


def test_with_and_close() -> None:
    with handler(*CONVERSE) as stream:
        assert isinstance(stream, StreamHandler)
    assert stream(connection=True).closed
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        next(iter(stream))


def test_the_repr_names_operation_and_documentation() -> None:
    shown = repr(handler())
    assert "bedrock-runtime.ConverseStream" in shown
    page = "https://docs.aws.amazon.com/boto3/latest/reference/services/bedrock-runtime/client/"
    assert page + "converse_stream.html" in shown


def test_the_initial_response_is_the_connection_s() -> None:
    frame = event("initial-response", {})
    stream = handler(frame, *CONVERSE)
    assert stream.initial_response == {}
    assert stream.get_initial_response() == {}
    assert list(stream) == CONVERSE_EVENTS


def test_a_dropped_handler_closes_its_file() -> None:
    file = io.BytesIO(b"".join(CONVERSE))
    stream = handler_of(file)
    gc.collect()
    gc.disable()
    try:
        next(iter(stream))
        del stream
        assert file.closed
    finally:
        gc.enable()
