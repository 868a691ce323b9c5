"""Bodies that are no event streams: boto3's `StreamingBody`, and functions."""

from __future__ import annotations

import base64
import copy
import gc
import hashlib
import io
from collections.abc import Callable
from typing import Any, TypeAlias

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.httpchecksum import StreamingChecksumBody
from botocore.response import StreamingBody
from botocore.stub import Stubber

import awsio
from awsio import ServerSentEvent, StreamHandler
from awsio.clients.body_handler import BodyHandler
from awsio.errors import (
    BodyChecksumError,
    ConnectionLostError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from tests.support.bodies import BREAKS, EVENTS, LINES, OBJECT, OPERATIONS, SSE, checksummed, plain
from tests.support.installed import need
from tests.support.wire import Answer, Gate, WireServer

MakeClient: TypeAlias = Callable[..., Any]
Get: TypeAlias = Callable[..., BodyHandler]
GetPlainly: TypeAlias = Callable[[Answer], StreamingBody]


# What boto3's body can do


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_body_of_every_such_operation_is_a_handler_and_a_streaming_body(
    name: str, client: MakeClient, boto3_client: MakeClient
) -> None:
    service, method, arguments, member = OPERATIONS[name]
    need(service, method)
    attached = awsio.attach(boto3_client(service, plain()))
    for body in (
        getattr(client(service, plain()), method)(**arguments)[member],
        getattr(attached, method)(**arguments)[member],
    ):
        assert isinstance(body, StreamHandler)
        assert isinstance(body, StreamingBody)
        assert body.read() == LINES


def fill(body: Any) -> tuple[int, bytes]:
    buffer = bytearray(1000)
    return body.readinto(buffer), bytes(buffer)


USES: dict[str, Callable[[Any], Any]] = {
    "read everything": lambda body: (body.read(), body.read(), body.tell()),
    "read None": lambda body: body.read(None),
    "read in parts": lambda body: [body.read(7), body.read(amt=0), body.read(3), body.tell()],
    "read to the end in parts": lambda body: list(iter(lambda: body.read(1000), b"")),
    "readinto": lambda body: [fill(body) for _ in range(8)],
    "readline": lambda body: [body.readline(), body.readline(), body.read(5)],
    "readlines": lambda body: body.readlines(),
    "iter_lines": lambda body: list(body.iter_lines()),
    "iter_lines with ends": lambda body: list(body.iter_lines(10, keepends=True)),
    "iter_chunks": lambda body: list(body.iter_chunks(999)),
    "iterate": list,
    "next": lambda body: [next(body), body.next(), next(body)],
    "closed": lambda body: (body.closed, body.close(), body.closed, body.read(5)),
    "what it is": lambda body: (body.readable(), body.writable(), body.seekable()),
    "buffered": lambda body: io.BufferedReader(body).read(),
    "text": lambda body: io.TextIOWrapper(body, "latin-1").readlines(),
    "read in a with": lambda body: body.__enter__().read(),
    "no such attribute": lambda body: hasattr(body, "nonsense"),
    "its private attributes": lambda body: (
        body.read(3),
        body._amount_read,  # noqa: SLF001 - users look there
        body._content_length,  # noqa: SLF001 - it has no public name
        body._raw_stream.tell(),  # noqa: SLF001 - it has no public name
    ),
}


def outcome(use: str, body: Any) -> Any:
    """Use a body; an error is an outcome too."""
    try:
        return USES[use](body)
    except BotoCoreError as error:
        return type(error), str(error)


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("answer", [plain, lambda **more: checksummed(LINES, **more)])
def test_boto3s_methods_give_what_they_give_in_boto3(
    use: str, framing: str, answer: Callable[..., Answer], get: Get, get_plainly: GetPlainly
) -> None:
    expected = outcome(use, get_plainly(answer(framing=framing)))
    assert outcome(use, get(answer(framing=framing))) == expected


@pytest.mark.parametrize("name", ["shorter than announced", "without its last chunk"])
@pytest.mark.parametrize(
    "use", ["read everything", "iterate", "iter_lines", "iter_chunks", "readinto"]
)
def test_errors_of_the_transport_are_those_of_boto3(
    name: str, use: str, get: Get, get_plainly: GetPlainly
) -> None:
    options, _ = BREAKS[name]
    expected = outcome(use, get_plainly(plain(**options)))
    assert issubclass(expected[0], BotoCoreError)
    assert outcome(use, get(plain(**options))) == expected


def test_set_socket_timeout_reaches_the_socket(get: Get) -> None:
    gate = Gate()
    body = get(plain([b"abc", gate, b"def"]))
    assert body.read(3) == b"abc"
    body.set_socket_timeout(0.01)
    with pytest.raises(ReadTimeoutError):
        body.read(1)
    gate.open()


def test_with_gives_the_handler_and_closes_the_body(get: Get, server: WireServer) -> None:
    gate = Gate()
    with get(plain([b"abc", gate], "chunked")) as body:
        assert isinstance(body, BodyHandler)
        assert body.read(2) == b"ab"
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


def test_a_body_that_was_read_gives_its_connection_back(
    client: MakeClient, server: WireServer
) -> None:
    s3 = client("s3", plain())
    for _ in range(3):
        assert s3.get_object(**OBJECT).Body.read() == LINES
        assert s3.get_object(**OBJECT).Body(connection=True).read() == LINES
        assert b"".join(s3.get_object(**OBJECT).Body(lambda piece: piece)) == LINES
    assert server.accepted == 1


def test_dropping_the_handler_leaves_the_stream_below_readable_as_in_boto3(
    client: MakeClient,
) -> None:
    body = client("s3", plain()).get_object(**OBJECT).Body
    raw = body._raw_stream  # noqa: SLF001 - users look there
    del body
    gc.collect()
    assert raw.read() == LINES


def test_the_checksum_is_checked_by_botocore(get: Get) -> None:
    body = get(checksummed(LINES, of=b"other"))
    with pytest.raises(FlexibleChecksumError):
        body.read()


def test_its_repr_names_the_operation(get: Get) -> None:
    assert repr(get(plain())) == (
        "<StreamHandler s3.GetObject https://docs.aws.amazon.com/boto3/latest/reference/"
        "services/s3/client/get_object.html>"
    )


def test_it_cannot_be_copied(get: Get) -> None:
    with pytest.raises(TypeError, match="live"):
        copy.copy(get(plain()))


def test_one_that_was_not_made_has_no_attributes() -> None:
    assert not hasattr(BodyHandler.__new__(BodyHandler), "read_more")


# The function


def test_a_function_gets_the_bytes_as_they_arrive_and_the_body_is_closed(get: Get) -> None:
    gate = Gate()
    seen: list[bytes] = []

    def see(piece: bytes) -> int | None:
        seen.append(piece)
        gate.open()
        return len(piece) if piece == b"c" else None

    body = get(plain([b"ab", gate, b"c"], "chunked"))
    assert body(see) == [1]
    assert seen == [b"ab", b"c"]
    with pytest.raises(ValueError, match="closed"):
        body(see)


@pytest.mark.parametrize("content_type", ["text/event-stream", "Text/Event-Stream; charset=utf-8"])
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_a_function_gets_the_server_sent_events_of_such_a_stream(
    content_type: str, size: int, client: MakeClient
) -> None:
    pieces = [SSE[at : at + size] for at in range(0, len(SSE), size)]
    answer = plain(pieces, "chunked", content_type=content_type)
    need("bedrock-agentcore", "InvokeAgentRuntime")
    service, method, arguments, member = OPERATIONS["agentcore"]
    resp = getattr(client(service, answer), method)(**arguments)
    assert resp[member](lambda event: event) == EVENTS


def test_an_event_is_given_at_once(client: MakeClient) -> None:
    gate = Gate()
    answer = plain(
        [b"data: 1\n\n", gate, b"data: 2\n\n"], "chunked", content_type="text/event-stream"
    )
    need("bedrock-agentcore", "InvokeAgentRuntime")
    service, method, arguments, member = OPERATIONS["agentcore"]
    body = getattr(client(service, answer), method)(**arguments)[member]
    con = body(connection=True)
    assert awsio.resp_stream_sse(con) == ServerSentEvent(data="1")
    gate.open()
    assert awsio.resp_stream_sse(con) == ServerSentEvent(data="2")
    assert awsio.resp_stream_sse(con) is None


def test_what_the_function_raises_passes_and_the_body_stays_open(get: Get) -> None:
    body = get(plain([b"a", b"b"], "chunked"))

    def fail(piece: bytes) -> None:
        raise LookupError(piece)

    with pytest.raises(LookupError, match="a"):
        body(fail)
    assert b"".join(body(lambda piece: piece)) in {b"b", b""}


@pytest.mark.parametrize("asked", [True, False])
def test_a_body_has_no_terminal_event_to_ask_for(get: Get, *, asked: bool) -> None:
    assert get(plain([b"a"], "chunked"))(bytes, require_terminal=asked) == [b"a"]
    with get(plain([b"a"], "chunked"))(connection=True, require_terminal=asked) as con:
        assert con.read() == b"a"


def test_a_function_or_a_connection_must_be_asked_for(get: Get) -> None:
    body = get(plain())
    with pytest.raises(TypeError, match="function"):
        body()
    with pytest.raises(TypeError, match="function"):
        body(len, connection=True)
    assert body.read() == LINES


# Where the body comes from


def test_an_error_before_the_body_is_boto3s(client: MakeClient) -> None:
    text = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
    answer = plain([text], status=404, content_type="application/xml")
    s3 = client("s3", answer)
    with pytest.raises(s3.exceptions.NoSuchKey) as caught:
        s3.get_object(**OBJECT)
    assert isinstance(caught.value, ClientError)


def test_connect_takes_the_body_of_a_plain_client(get_plainly: GetPlainly) -> None:
    body = get_plainly(checksummed(LINES, of=b""))
    assert body.read(4) == LINES[:4]
    con = awsio.connect(body)
    assert con.read(4) == LINES[4:8]
    with pytest.raises(BodyChecksumError):
        con.read()


def test_connect_takes_a_handlers_own_connection(get: Get) -> None:
    body = get(plain())
    assert awsio.connect(body) is body(connection=True)


def test_closing_the_connection_closes_the_response(get: Get, server: WireServer) -> None:
    gate = Gate()
    con = get(plain([b"abc", gate], "chunked"))(connection=True)
    assert con.read(3) == b"abc"
    con.close()
    assert server.connections[0].closed.wait(20)
    assert server.connections[0].closed_by_client


class OwnBody(StreamingBody):
    """A body as a hook of a user may put it."""

    def __init__(self, raw: Any, length: Any = None, error: Exception | None = None) -> None:
        super().__init__(io.BytesIO(raw) if isinstance(raw, bytes) else raw, length)
        self._error = error

    def read(self, amt: int | None = None) -> bytes:
        data = super().read(amt)
        if not data and self._error is not None:
            raise self._error
        return data.upper()


def stubbed(body: StreamingBody) -> Any:
    s3 = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    awsio.attach(s3)
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": body})
        return s3.get_object(**OBJECT)["Body"]


def test_a_stubbed_body_is_a_handler_read_through_its_own_methods() -> None:
    assert stubbed(StreamingBody(io.BytesIO(LINES), len(LINES))).read() == LINES
    con = stubbed(StreamingBody(io.BytesIO(LINES), len(LINES)))(connection=True)
    assert con.read() == LINES
    assert (con.status_code, con.content_type) == (None, None)
    assert con.transport_timeout is None
    assert b"".join(stubbed(OwnBody(b"abc"))(lambda piece: piece)) == b"ABC"
    con = stubbed(StreamingBody(io.BytesIO(b"abc"), 5))(connection=True)
    assert con.read(3) == b"abc"
    with pytest.raises(TruncatedStreamError):
        con.read(3)


def test_closing_the_connection_closes_a_stubbed_body() -> None:
    raw = io.BytesIO(LINES)
    stubbed(StreamingBody(raw, len(LINES)))(connection=True).close()
    assert raw.closed


def test_a_body_with_a_read_of_its_own_is_read_by_it_from_a_response_too(
    client: MakeClient,
) -> None:
    s3 = client("s3", plain([b"abc"]))

    def replace(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Body"] = OwnBody(parsed["Body"]._raw_stream, 3)  # noqa: SLF001 - no other way

    s3.meta.events.register_first("after-call.s3", replace)
    con = s3.get_object(**OBJECT).Body(connection=True)
    assert con.read() == b"ABC"
    assert con.status_code == 200


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ReadTimeoutError(endpoint_url="u"), StreamTimeoutError),
        (ResponseStreamingError(error="e"), ConnectionLostError),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), TruncatedStreamError),
        (FlexibleChecksumError(error_msg="crc"), BodyChecksumError),
    ],
)
def test_botocores_errors_are_awsios_through_the_connection(
    error: Exception, kind: type[Exception]
) -> None:
    con = stubbed(OwnBody(b"abc", error=error))(connection=True)
    assert con.read(10) == b"ABC"
    for _ in range(2):
        with pytest.raises(kind) as caught:
            con.read(10)
    assert str(error) in str(caught.value)


def test_a_checksum_over_bytes_of_no_response_is_checked() -> None:
    class Sha:
        def __init__(self) -> None:
            self.hash = hashlib.sha1(usedforsecurity=False)
            self.update, self.digest = self.hash.update, self.hash.digest

        def b64digest(self) -> str:
            return base64.b64encode(self.digest()).decode()

    wrong = base64.b64encode(b"0" * 20).decode()
    body = stubbed(StreamingChecksumBody(io.BytesIO(b"abc"), 3, Sha(), wrong))
    con = body(connection=True)
    assert con.read(10) == b"abc"
    with pytest.raises(BodyChecksumError):
        con.read(10)


def test_what_another_hook_puts_there_stays() -> None:
    class Other:
        pass

    s3 = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    put = Other()

    def replace(parsed: dict[str, Any], **_: Any) -> None:
        parsed["Body"] = put

    s3.meta.events.register_first("after-call.s3", replace)
    awsio.attach(s3)
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": StreamingBody(io.BytesIO(b""), 0)})
        assert s3.get_object(**OBJECT)["Body"] is put


def test_the_content_type_of_an_answer_without_a_response_is_known(server: WireServer) -> None:
    body = BodyHandler(
        StreamingBody(io.BytesIO(SSE), len(SSE)), content_type="text/event-stream; charset=utf-8"
    )
    assert body(lambda event: event) == EVENTS
    assert server.accepted == 0
