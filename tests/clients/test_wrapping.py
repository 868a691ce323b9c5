"""Streams that others wrap, as tracers do: events pass through the wrapper, and it learns the end.

Each wrapper here is of a kind that a tracer uses; tests/tracers has the tracers themselves.
"""

# ruff: noqa: SLF001 - tracers do this

from __future__ import annotations

import copy
import gc
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import wrapt
from botocore.client import BaseClient
from botocore.eventstream import EventStream
from botocore.exceptions import EventStreamError
from botocore.response import StreamingBody

import awsio
from awsio.clients.wrapping import unwrapped
from awsio.connection.watching import WatchedBytes, WatchedParser
from awsio.errors import ConnectionLostError, ServiceStreamError, TruncatedStreamError
from tests.support.calls import CONVERSE_CALL, INVOKE_CALL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event, exception
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.clients import MakeClient

THROTTLED = [*CONVERSE[:2], exception("throttlingException", "slow down")]
CUT = Answer([*CONVERSE[:2], CONVERSE[2][:-5]])


class Span:
    """What a wrapper has seen."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.error: BaseException | None = None
        self.ends = 0
        self.closes = 0

    def see(self, found: Any) -> Any:
        self.events.append(found)
        return found


class LoopProxy(wrapt.ObjectProxy):  # type: ignore[misc]  # wrapt's stubs are Any
    """A proxy with a loop of its own, as OpenTelemetry's. Not callable."""

    def __init__(self, stream: Any, span: Span) -> None:
        super().__init__(stream)
        self._self_span = span

    def __iter__(self) -> Iterator[Any]:
        try:
            for found in self.__wrapped__:
                yield self._self_span.see(found)
                self._self_span.ends += "messageStop" in found
        except EventStreamError as error:
            self._self_span.error = error
            self._self_span.ends += 1
            raise

    def close(self) -> None:
        self.__wrapped__.close()
        self._self_span.ends += 1
        self._self_span.closes += 1


class IteratorProxy(wrapt.ObjectProxy):  # type: ignore[misc]  # as above
    """A proxy whose iterator is an object, as openinference's."""

    def __init__(self, stream: Any, span: Span) -> None:
        super().__init__(stream)
        self._self_span = span

    def __iter__(self) -> Iterator[Any]:
        self._self_events = iter(self.__wrapped__)
        return self

    def __next__(self) -> Any:
        try:
            return self._self_span.see(next(self._self_events))
        except StopIteration:
            self._self_span.ends += 1
            raise
        except Exception as error:
            self._self_span.error = error
            self._self_span.ends += 1
            raise

    def close(self) -> None:
        self.__wrapped__.close()
        self._self_span.ends += 1


def parse_event(stream: Any, span: Span) -> Any:
    """Set the method that botocore calls for each message, as OpenLLMetry does."""
    parse = stream._parse_event

    def traced(message: Any) -> Any:
        assert message.headers[":message-type"] == "event"
        assert json.loads(message.payload) is not None
        return span.see(parse(message))

    stream._parse_event = traced
    span.ends += 1  # it knows no other end than an event
    return stream


def in_a_generator(stream: Any, span: Span) -> Any:
    """Put a plain generator in the stream's place."""

    def loop() -> Iterator[Any]:
        try:
            for found in stream:
                yield span.see(found)
        except Exception as error:
            span.error = error
            raise
        finally:
            span.ends += 1

    return loop()


WRAPPERS = {
    "proxy with a loop": LoopProxy,
    "proxy that is an iterator": IteratorProxy,
    "_parse_event": parse_event,
    "generator": in_a_generator,
}


@pytest.fixture(params=WRAPPERS)
def wrap(request: pytest.FixtureRequest) -> Callable[[Any, Span], Any]:
    return WRAPPERS[request.param]  # type: ignore[no-any-return]


@pytest.fixture
def span() -> Span:
    return Span()


@pytest.fixture
def traced(
    wrap: Callable[[Any, Span], Any], span: Span, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """Trace every client, as tracers do that replace botocore's own method."""
    call = BaseClient._make_api_call

    def traced_call(self: Any, operation: str, arguments: Any) -> Any:
        response = call(self, operation, arguments)
        for member in ("stream", "body"):
            if isinstance(response.get(member), EventStream):
                response[member] = wrap(response[member], span)
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", traced_call)
    return {}


def texts(found: Any) -> Any:
    return found.contentBlockDelta.delta.text


def read_with(stream: Any) -> Any:
    with stream(connection=True) as con:
        return list(con)


FORMS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "function": (lambda stream: stream(texts), ["Hello", ", wörld"]),
    "each": (lambda stream: stream.each(texts), ["Hello", ", wörld"]),
    "connection": (read_with, CONVERSE_EVENTS),
    "with": (lambda stream: stream.__enter__() and list(stream), CONVERSE_EVENTS),
    "loop": (list, CONVERSE_EVENTS),
    "merge": (
        lambda stream: [found for _, found in awsio.merge(stream)],
        CONVERSE_EVENTS,
    ),
    "connect": (lambda stream: list(awsio.connect(stream)), CONVERSE_EVENTS),
    "select": (
        lambda stream: list(stream.connection().select("contentBlockDelta.delta.text")),
        ["Hello", ", wörld"],
    ),
    "parser": (
        lambda stream: (
            list(iter(lambda: awsio.paws_stream_parser(con), None))
            if (con := stream.connection())
            else None
        ),
        CONVERSE_EVENTS,
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("attached", [True, False], ids=["attach", "awsio.client"])
@pytest.mark.usefixtures("traced")
def test_events_pass_through_the_wrapper_in_every_form(
    client: MakeClient, boto3_client: MakeClient, span: Span, form: str, *, attached: bool
) -> None:
    answer = Answer(CONVERSE)
    made: Any = (
        awsio.attach(boto3_client("bedrock-runtime", answer))
        if attached
        else client("bedrock-runtime", answer)
    )
    read, expected = FORMS[form]
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    assert isinstance(stream, EventStream)
    assert read(stream) == expected
    assert span.events == CONVERSE_EVENTS
    assert span.ends >= 1
    assert span.error is None


@pytest.mark.usefixtures("traced")
def test_an_exception_of_the_service_ends_the_span_with_it(
    client: MakeClient, span: Span, wrap: Callable[[Any, Span], Any]
) -> None:
    con = client("bedrock-runtime", Answer(THROTTLED)).converse_stream(**CONVERSE_CALL).stream
    with pytest.raises(ServiceStreamError, match="slow down") as caught:
        con(lambda _: None)
    assert con.connection().closed
    assert span.events == CONVERSE_EVENTS[:2]
    assert span.ends >= 1
    if wrap is not parse_event:
        assert span.error is caught.value


@pytest.mark.usefixtures("traced")
def test_a_stream_that_breaks_ends_the_span(client: MakeClient, span: Span) -> None:
    con = client("bedrock-runtime", CUT).converse_stream(**CONVERSE_CALL).stream.connection()
    with pytest.raises(TruncatedStreamError):
        list(con)
    assert span.events == CONVERSE_EVENTS[:2]
    assert span.ends >= 1
    for _ in range(2):
        with pytest.raises(TruncatedStreamError):  # it is not closed, and says the same again
            con.read_event()


@pytest.mark.usefixtures("traced")
def test_a_stream_that_is_left_ends_the_span_as_it_is_closed(
    client: MakeClient, span: Span, server: WireServer
) -> None:
    rest = Gate()
    made = client("bedrock-runtime", Answer([*CONVERSE[:2], rest, *CONVERSE[2:]]))
    with made.converse_stream(**CONVERSE_CALL).stream(connection=True) as con:
        assert con.read_event() == CONVERSE_EVENTS[0]
    assert span.events == CONVERSE_EVENTS[:1]
    assert span.ends >= 1
    assert span.error is None
    assert server.connections[0].closed.wait(20)


@pytest.mark.usefixtures("traced")
def test_a_stream_that_is_dropped_is_closed_at_once(client: MakeClient, server: WireServer) -> None:
    made = client("bedrock-runtime", Answer([CONVERSE[0], Gate()]))
    con = made.converse_stream(**CONVERSE_CALL).stream.connection()
    assert con.read_event() == CONVERSE_EVENTS[0]
    gc.disable()
    try:
        del con
        assert server.connections[0].closed.wait(20)
    finally:
        gc.enable()


@pytest.mark.usefixtures("traced")
def test_frames_and_bytes_are_seen_too(client: MakeClient, span: Span) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))
    with made.converse_stream(**CONVERSE_CALL).stream(connection=True) as con:
        assert con.read_frame().encode() == CONVERSE[0]
        assert con.read(20) + con.readall() == b"".join(CONVERSE[1:])
    assert span.events == CONVERSE_EVENTS
    assert span.ends >= 1


@pytest.mark.usefixtures("traced")
def test_an_exception_among_frames_is_seen_and_not_raised(
    client: MakeClient, span: Span, wrap: Callable[[Any, Span], Any]
) -> None:
    made = client("bedrock-runtime", Answer(THROTTLED))
    with made.converse_stream(**CONVERSE_CALL).stream(connection=True) as con:
        con.require_terminal = False
        assert [frame.encode() for frame in iter(con.read_frame, None)] == THROTTLED
    assert span.events == CONVERSE_EVENTS[:2]
    assert span.ends >= 1
    if wrap is not parse_event:
        assert isinstance(span.error, ServiceStreamError)


@pytest.mark.usefixtures("traced")
def test_bytes_that_are_no_frames_pass_unseen(client: MakeClient, span: Span) -> None:
    made = client("bedrock-runtime", Answer([b"<html>", b"busy", b"</html>"], "length"))
    with made.converse_stream(**CONVERSE_CALL).stream(connection=True) as con:
        assert con.read(20) + con.read(20) + con.readall() == b"<html>busy</html>"
    assert span.events == []


@pytest.mark.usefixtures("traced")
def test_many_streams_pass_through_theirs(client: MakeClient, span: Span) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))
    results = list(awsio.stream_many(made, "converse_stream", [CONVERSE_CALL] * 2))
    assert results == [CONVERSE_EVENTS] * 2
    assert len(span.events) == 2 * len(CONVERSE_EVENTS)


# --- others -------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrapper", [LoopProxy, IteratorProxy, parse_event])
def test_boto3_s_own_stream_too(
    boto3_client: MakeClient, span: Span, wrapper: Callable[[Any, Span], Any]
) -> None:
    made = boto3_client("bedrock-runtime", Answer([*CONVERSE[:1], event("new", {}), *CONVERSE[1:]]))
    stream = wrapper(made.converse_stream(**CONVERSE_CALL)["stream"], span)
    with awsio.connect(stream, made) as con:
        found = list(con)
    assert [one for one in found if "SDK_UNKNOWN_MEMBER" not in one] == CONVERSE_EVENTS
    assert len(found) == len(CONVERSE_EVENTS) + 1
    assert span.events == CONVERSE_EVENTS  # botocore drops what the model does not know
    assert span.ends >= 1


def test_boto3_s_own_stream_whose_class_parses_otherwise(boto3_client: MakeClient) -> None:
    made = boto3_client("bedrock-runtime", Answer(CONVERSE))

    class Marked(EventStream):  # type: ignore[type-arg]  # generic in the stubs only
        def _parse_event(self, message: Any) -> Any:
            return {**super()._parse_event(message), "marked": True}

    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    stream.__class__ = Marked
    assert list(awsio.connect(stream)) == [{**one, "marked": True} for one in CONVERSE_EVENTS]


def test_a_wrapper_that_is_put_around_later_is_seen_through_by_functions(
    client: MakeClient, span: Span
) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))
    for read in (awsio.connect, lambda stream: (found for _, found in awsio.merge(stream))):
        stream = LoopProxy(made.converse_stream(**CONVERSE_CALL).stream, span)
        assert list(read(stream)) == CONVERSE_EVENTS
    assert span.events == CONVERSE_EVENTS * 2
    with pytest.raises(ValueError, match="closed connection"):
        stream.each(texts)  # a method of what the wrapper holds
    stream.close()


def test_a_wrapper_that_has_seen_the_end_is_not_closed(client: MakeClient, span: Span) -> None:
    """OpenTelemetry would count the tokens again."""
    made = client("bedrock-runtime", Answer(CONVERSE), Answer(THROTTLED), CUT)
    with awsio.connect(LoopProxy(made.converse_stream(**CONVERSE_CALL).stream, span)) as con:
        assert list(con) == CONVERSE_EVENTS
    with (
        pytest.raises(ServiceStreamError),
        awsio.connect(LoopProxy(made.converse_stream(**CONVERSE_CALL).stream, span)) as con,
    ):
        list(con)
    assert (span.ends, span.closes) == (2, 0)
    with (
        pytest.raises(TruncatedStreamError),
        awsio.connect(LoopProxy(made.converse_stream(**CONVERSE_CALL).stream, span)) as con,
    ):
        list(con)
    assert (span.ends, span.closes) == (3, 1)


def test_a_wrapper_that_changes_events_or_reads_ahead(client: MakeClient) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))

    class Changes(LoopProxy):
        def __iter__(self) -> Iterator[Any]:
            return ({"seen": found} for found in self.__wrapped__)

    stream = Changes(made.converse_stream(**CONVERSE_CALL).stream, Span())
    assert list(awsio.connect(stream)) == [{"seen": found} for found in CONVERSE_EVENTS]

    class ReadsAhead(LoopProxy):
        def __iter__(self) -> Iterator[Any]:
            before = None
            for found in self.__wrapped__:
                if before is not None:
                    yield before
                before = found

    stream = ReadsAhead(made.converse_stream(**CONVERSE_CALL).stream, Span())
    assert list(awsio.connect(stream)) == CONVERSE_EVENTS  # it has ended: events come past it


class Broken(LoopProxy):
    """A wrapper that fails at some place."""

    def __iter__(self) -> Iterator[Any]:
        for found in self.__wrapped__:
            if "contentBlockDelta" in found and self._self_span.see(found):
                msg = "a fault of the tracer"
                raise LookupError(msg)
            yield found


def test_what_the_wrapper_raises_is_raised_as_in_its_own_loop(
    client: MakeClient, span: Span
) -> None:
    made = client("bedrock-runtime", Answer(CONVERSE))
    con = awsio.connect(Broken(made.converse_stream(**CONVERSE_CALL).stream, span))
    assert con.read_event() == CONVERSE_EVENTS[0]
    with pytest.raises(LookupError, match="a fault of the tracer"):
        con.read_event()
    assert list(con) == CONVERSE_EVENTS[1:]  # nothing is lost, and the wrapper is past its end


def test_faults_of_the_wrapper_at_the_end_harm_nothing(client: MakeClient) -> None:
    class FailsToEnd(LoopProxy):
        def __iter__(self) -> Iterator[Any]:
            yield from self.__wrapped__
            raise LookupError

        def close(self) -> None:
            raise LookupError

    made = client("bedrock-runtime", Answer(CONVERSE))
    with awsio.connect(FailsToEnd(made.converse_stream(**CONVERSE_CALL).stream, Span())) as con:
        assert list(con) == CONVERSE_EVENTS


def test_a_client_whose_methods_are_wrapped_when_it_is_created(
    boto3_client: MakeClient, span: Span
) -> None:
    made = boto3_client("bedrock-runtime", Answer(CONVERSE))
    call = made.converse_stream

    def traced(**arguments: Any) -> Any:
        response = call(**arguments)
        response["stream"] = LoopProxy(response["stream"], span)
        return response

    made.converse_stream = traced
    for _ in range(2):  # attached again, it is not wrapped again
        awsio.attach(made)
    assert made.converse_stream(**CONVERSE_CALL)["stream"](texts) == ["Hello", ", wörld"]
    assert span.events == CONVERSE_EVENTS
    assert made.converse_stream.inner is traced


def test_a_watched_parser_can_be_copied() -> None:
    parser = awsio.open(b"", "bedrock-runtime", "ConverseStream").parser
    watched = WatchedParser(parser, None)  # type: ignore[arg-type]  # not looked at
    assert copy.copy(watched).operation_name == "ConverseStream"


def test_bytes_after_those_that_are_no_frames_are_not_looked_at() -> None:
    looks = WatchedBytes(None)  # type: ignore[arg-type]  # not looked at
    for _ in range(3):
        looks.look(b"<html>" * 10)


def test_watching_again_takes_the_place_of_the_watcher_before() -> None:
    class Watcher:
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def event(self, event: Any, _frame: Any) -> Any:
            self.seen.append(event)
            return event

        def ended(self, error: Exception | None) -> None:
            self.seen.append(error)

        def closed(self) -> None:
            self.seen.append("closed")

    first, second = Watcher(), Watcher()
    wire = b"".join(CONVERSE)
    with awsio.open(wire, "bedrock-runtime", "ConverseStream") as con:
        parser = con.parser
        con.watch(first)
        assert con.read_event() == CONVERSE_EVENTS[0]
        con.watch(second)
        assert list(con) == CONVERSE_EVENTS[1:]
        assert con.parser is parser
    assert first.seen == CONVERSE_EVENTS[:1]
    assert second.seen == [*CONVERSE_EVENTS[1:], None, "closed"]
    with awsio.PawsConnection(io.BytesIO(wire)) as con:  # without a parser there are no events
        con.watch(first)
        assert len(list(con)) == len(CONVERSE)
    assert first.seen[1:] == [None, "closed"]
    con = awsio.open(wire[:-3], "bedrock-runtime", "ConverseStream")
    con.watch(second)
    with pytest.raises(TruncatedStreamError):
        list(con)
    assert isinstance(second.seen[-1], TruncatedStreamError)


# --- bodies -------------------------------------------------------------------------------------

DOCUMENT = b'{"completion": "Hello"}'


class BodyProxy(wrapt.ObjectProxy):  # type: ignore[misc]  # as above
    """A proxy that takes each read for the whole document, as ddtrace's."""

    def __init__(self, body: Any, span: Span) -> None:
        super().__init__(body)
        self._self_span = span

    def read(self, amt: int | None = None) -> Any:
        return self._self_span.see(json.loads(data := self.__wrapped__.read(amt=amt))) and data


def buffered(body: Any, span: Span) -> Any:
    """Read the body and put another in its place, as most do."""
    data = body.read()
    body.close()
    span.see(json.loads(data))
    return StreamingBody(io.BytesIO(data), len(data))


def of_another_class(body: Any, span: Span) -> Any:
    """Put something with ``read`` in the body's place."""
    return io.BytesIO(span.see(json.loads(data := body.read())) and data)


@pytest.mark.parametrize("replace", [BodyProxy, buffered, of_another_class])
@pytest.mark.parametrize(
    "read",
    [
        lambda body: next(body.connection().iter_json()),
        lambda body: json.loads(body.connection().readall()),
        lambda body: json.loads(b"".join(body(bytes))),
        lambda body: json.loads(body.read()),
        lambda body: json.loads(awsio.connect(body).readall()),
    ],
    ids=["iter_json", "readall", "function", "read", "connect"],
)
def test_a_body_that_was_replaced_is_read(
    client: MakeClient,
    span: Span,
    monkeypatch: pytest.MonkeyPatch,
    replace: Callable[[Any, Span], Any],
    read: Callable[[Any], Any],
) -> None:
    call = BaseClient._make_api_call

    def traced_call(self: Any, operation: str, arguments: Any) -> Any:
        response = call(self, operation, arguments)
        response["body"] = replace(response["body"], span)
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", traced_call)
    answer = Answer([DOCUMENT], "length", content_type="application/json")
    body = client("bedrock-runtime", answer).invoke_model(**INVOKE_CALL).body
    assert isinstance(body, awsio.BodyHandler)
    assert read(body) == {"completion": "Hello"}
    assert span.events == [{"completion": "Hello"}]
    body.close()


def test_a_wrapper_that_cannot_be_closed_harms_nothing(client: MakeClient) -> None:
    class FailsToClose(LoopProxy):
        def close(self) -> None:
            raise LookupError

    made = client("bedrock-runtime", Answer(CONVERSE))
    with awsio.connect(FailsToClose(made.converse_stream(**CONVERSE_CALL).stream, Span())) as con:
        assert con.read_event() == CONVERSE_EVENTS[0]
    assert con.closed


def test_parse_event_may_be_set_twice(client: MakeClient, span: Span) -> None:
    stream = client("bedrock-runtime", Answer(CONVERSE)).converse_stream(**CONVERSE_CALL).stream
    for _ in range(2):
        parse_event(stream, span)
    assert list(stream) == CONVERSE_EVENTS
    assert len(span.events) == 2 * len(CONVERSE_EVENTS)


def test_a_call_whose_response_somebody_has_replaced(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = BaseClient._make_api_call
    response: Any = []

    def replaced(self: Any, operation: str, arguments: Any) -> Any:
        call(self, operation, arguments)["stream"].close()
        return response

    monkeypatch.setattr(BaseClient, "_make_api_call", replaced)
    made = client("bedrock-runtime", Answer(CONVERSE))
    assert made.meta.events is not None
    assert made._client.converse_stream(**CONVERSE_CALL) is response


def test_a_body_without_a_length_of_its_own_is_read_in_pieces() -> None:
    class OddLength(io.BytesIO):
        _content_length = "many"

    con = awsio.BodyHandler(OddLength(DOCUMENT)).connection()  # type: ignore[arg-type]  # as a tracer's
    assert con.read(5) == DOCUMENT[:5]
    assert con.readall() == DOCUMENT[5:]


def test_unwrapping_follows_wrapped_to_a_depth() -> None:
    inner = io.BytesIO()
    proxy = LoopProxy(LoopProxy(inner, Span()), Span())
    assert unwrapped(proxy, io.BytesIO) is inner
    assert unwrapped(proxy, io.StringIO) is None
    circle = type("Circle", (), {})()
    circle.__wrapped__ = circle
    assert unwrapped(circle, io.BytesIO) is None


def test_what_wraps_no_stream_is_refused() -> None:
    with pytest.raises(TypeError, match="not a LoopProxy"):
        awsio.connect(LoopProxy([], Span()))
    with pytest.raises(TypeError, match="not a LoopProxy"):
        awsio.merge(LoopProxy([], Span()))


def test_errors_of_a_proxy_s_body_are_awsio_s(get: Any) -> None:
    body = get(Answer([b"0123456789"], "length", length=20, end="fin"))
    con = awsio.connect(BodyErrors(body, Span()))
    with pytest.raises((ConnectionLostError, TruncatedStreamError)):
        con.readall()


class BodyErrors(BodyProxy):
    """A proxy that reads as the body does."""

    def read(self, amt: int | None = None) -> Any:
        return self.__wrapped__.read(amt)
