"""`attach`: boto3 is the judge of what may not change."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.eventstream import EventStream
from botocore.exceptions import ClientError, EventStreamError

import awsio
from awsio import StreamHandler
from awsio.errors import IncompleteStreamError, NotAnEventStreamError, ServiceStreamError
from tests.support.calls import (
    CONVERSE_CALL,
    INVOKE_CALL,
    KINESIS_CALL,
    LAMBDA_CALL,
    LOGS_CALL,
    S3_CALL,
)
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, SELECT, event, exception, initial
from tests.support.waiting import Task
from tests.support.wire import Answer, Gate, WireServer

MakeClient = Callable[..., Any]

RECORDS = event(
    "SubscribeToShardEvent",
    {
        "Records": [
            {
                "SequenceNumber": "1",
                "ApproximateArrivalTimestamp": 1700000000.5,
                "Data": "aGk=",
                "PartitionKey": "p",
            }
        ],
        "ContinuationSequenceNumber": "2",
        "MillisBehindLatest": 0,
    },
)
SESSION = [
    event("sessionStart", {"sessionId": "s", "logGroupIdentifiers": ["g"]}),
    event(
        "sessionUpdate",
        {
            "sessionMetadata": {"sampled": False},
            "sessionResults": [{"message": "line", "timestamp": 1700000000000}],
        },
    ),
]
STATS = b"<Stats><BytesScanned>5</BytesScanned><BytesReturned>2</BytesReturned></Stats>"
# Service, operation, its stream, a call, and what the server sends.
OPERATIONS: dict[str, tuple[str, str, str, dict[str, Any], list[bytes]]] = {
    "bedrock converse": ("bedrock-runtime", "converse_stream", "stream", CONVERSE_CALL, CONVERSE),
    "bedrock invoke": (
        "bedrock-runtime",
        "invoke_model_with_response_stream",
        "body",
        INVOKE_CALL,
        [event("chunk", {"bytes": "eyJhIjoxfQ=="})],
    ),
    "s3": (
        "s3",
        "select_object_content",
        "Payload",
        S3_CALL,
        [*SELECT[:-1], event("Stats", STATS, "text/xml"), event("Cont", b""), SELECT[-1]],
    ),
    "lambda": (
        "lambda",
        "invoke_with_response_stream",
        "EventStream",
        LAMBDA_CALL,
        [event("PayloadChunk", b"\0one"), event("InvokeComplete", {"LogResult": "eA=="})],
    ),
    "kinesis": ("kinesis", "subscribe_to_shard", "EventStream", KINESIS_CALL, [initial(), RECORDS]),
    "logs": ("logs", "start_live_tail", "responseStream", LOGS_CALL, [initial(), *SESSION]),
}
EACH = pytest.mark.parametrize(
    ("service", "operation", "member", "call", "wire"), OPERATIONS.values(), ids=OPERATIONS.keys()
)
RPC = {name: OPERATIONS[name] for name in ("kinesis", "logs")}
EACH_RPC = pytest.mark.parametrize(
    ("service", "operation", "member", "call", "wire"), RPC.values(), ids=RPC.keys()
)


@EACH
def test_events_and_response_are_boto3_s(
    boto3_client: MakeClient,
    service: str,
    operation: str,
    member: str,
    call: dict[str, Any],
    wire: list[bytes],
) -> None:
    plain = boto3_client(service, Answer(wire, headers={"x-amzn-RequestId": "r"}))
    expected = getattr(plain, operation)(**call)
    attached = awsio.attach(boto3_client(service))
    response = getattr(attached, operation)(**call)
    assert isinstance(response[member], StreamHandler)
    assert isinstance(response[member], EventStream)
    events = [dict(event) for event in response.pop(member)]
    assert events == list(expected.pop(member))
    for one in (response, expected):
        one["ResponseMetadata"].pop("HTTPHeaders")
    assert response == expected


def test_it_gives_the_same_client_back(boto3_client: MakeClient) -> None:
    made = boto3_client()
    assert awsio.attach(made) is made
    assert awsio.attach(made) is made


def test_attached_again_it_takes_the_new_options(boto3_client: MakeClient) -> None:
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(CONVERSE[:2])))
    with pytest.raises(IncompleteStreamError):
        list(made.converse_stream(**CONVERSE_CALL)["stream"])
    awsio.attach(made, require_terminal=False)
    assert list(made.converse_stream(**CONVERSE_CALL)["stream"]) == CONVERSE_EVENTS[:2]


def test_other_clients_stay_as_they_are(boto3_client: MakeClient) -> None:
    awsio.attach(boto3_client("bedrock-runtime", Answer(CONVERSE)))
    response = boto3_client().converse_stream(**CONVERSE_CALL)
    assert type(response["stream"]) is EventStream
    assert list(response["stream"]) == CONVERSE_EVENTS


def test_a_botocore_client_can_be_attached(server: WireServer) -> None:
    server.answer(Answer(CONVERSE))
    session = botocore.session.Session()
    made = session.create_client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    awsio.attach(made)
    assert made.converse_stream(**CONVERSE_CALL)["stream"](lambda _: 1) == [1] * 6
    made.close()


def test_an_attached_client_has_events_with_attributes(boto3_client: MakeClient) -> None:
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(CONVERSE)))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    assert stream(lambda chunk: chunk.contentBlockDelta.delta.text) == ["Hello", ", wörld"]


def test_an_error_before_the_stream_is_the_same(boto3_client: MakeClient) -> None:
    answer = Answer(
        [b'{"message": "no such model"}'],
        "length",
        status=404,
        content_type="application/json",
        headers={"x-amzn-ErrorType": "ResourceNotFoundException"},
    )
    errors = []
    for made in (boto3_client("bedrock-runtime", answer), awsio.attach(boto3_client())):
        with pytest.raises(made.exceptions.ResourceNotFoundException) as caught:
            made.converse_stream(**CONVERSE_CALL)
        caught.value.response["ResponseMetadata"].pop("HTTPHeaders")
        errors.append(caught.value.response)
    assert errors[0] == errors[1]


@EACH_RPC
def test_an_error_before_an_rpc_stream_is_the_same(
    boto3_client: MakeClient,
    service: str,
    operation: str,
    member: str,
    call: dict[str, Any],
    wire: list[bytes],
) -> None:
    body = b'{"__type": "ResourceNotFoundException", "message": "no"}'
    kind = "application/x-amz-json-1.1"
    boto3_client(service, Answer([body], "length", status=400, content_type=kind))
    made = awsio.attach(boto3_client(service))
    with pytest.raises(made.exceptions.ResourceNotFoundException, match="no"):
        getattr(made, operation)(**call)
    assert member
    assert wire


def test_an_exception_in_the_stream_is_every_kind_at_once(boto3_client: MakeClient) -> None:
    wire = [CONVERSE[0], exception("throttlingException", "slow")]
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(wire)))
    stream = made.converse_stream(**CONVERSE_CALL)["stream"]
    events = iter(stream)
    assert next(events) == CONVERSE_EVENTS[0]
    with pytest.raises(made.exceptions.ThrottlingException) as caught:
        next(events)
    error = caught.value
    assert isinstance(error, EventStreamError)
    assert isinstance(error, ClientError)
    assert isinstance(error, ServiceStreamError)
    assert error.response["Error"] == {"Code": "throttlingException", "Message": "slow"}
    assert next(events, None) is None


def test_a_body_of_another_kind_is_told_when_it_is_read(boto3_client: MakeClient) -> None:
    answer = Answer([b'{"detail": "proxy"}'], content_type="application/json")
    for service in ("bedrock-runtime", "kinesis"):
        made = awsio.attach(boto3_client(service, answer))
        if service == "kinesis":
            stream = made.subscribe_to_shard(**KINESIS_CALL)["EventStream"]
        else:
            stream = made.converse_stream(**CONVERSE_CALL)["stream"]
        with stream, pytest.raises(NotAnEventStreamError) as caught:
            next(iter(stream))
        assert caught.value.head == b'{"detail": "proxy"}'


@EACH_RPC
def test_an_rpc_call_returns_with_the_headers(
    boto3_client: MakeClient,
    service: str,
    operation: str,
    member: str,
    call: dict[str, Any],
    wire: list[bytes],
) -> None:
    gate = Gate()
    made = awsio.attach(boto3_client(service, Answer([gate, *wire])))
    response = Task(lambda: getattr(made, operation)(**call)).result()
    assert gate.reached.wait(20)
    task = Task(lambda: response[member].initial_response)
    gate.open()
    assert task.result() == {}
    assert response[member].get_initial_response() == {}
    assert len(list(response[member])) == len(wire) - 1


@EACH_RPC
def test_an_rpc_stream_without_an_initial_response_works(
    boto3_client: MakeClient,
    service: str,
    operation: str,
    member: str,
    call: dict[str, Any],
    wire: list[bytes],
) -> None:
    made = awsio.attach(boto3_client(service, Answer(wire[1:])))
    response = getattr(made, operation)(**call)
    assert response[member].initial_response is None
    assert len(list(response[member])) == len(wire) - 1


@EACH_RPC
def test_an_exception_as_the_first_rpc_frame_is_raised_in_the_stream(
    boto3_client: MakeClient,
    service: str,
    operation: str,
    member: str,
    call: dict[str, Any],
    wire: list[bytes],
) -> None:
    assert wire
    name = "InternalFailureException" if service == "kinesis" else "SessionTimeoutException"
    made = awsio.attach(boto3_client(service, Answer([exception(name, "gone")])))
    response = getattr(made, operation)(**call)
    with pytest.raises(getattr(made.exceptions, name), match="gone"):
        list(response[member])


def test_an_empty_rpc_stream_is_no_hang(boto3_client: MakeClient) -> None:
    made = awsio.attach(boto3_client("kinesis", Answer([])))
    response = made.subscribe_to_shard(**KINESIS_CALL)
    with pytest.raises(IncompleteStreamError):
        list(response["EventStream"])


def test_an_answer_of_another_hook_without_a_body_is_left_alone(
    boto3_client: MakeClient,
) -> None:
    from botocore.awsrequest import AWSResponse

    made = awsio.attach(boto3_client())

    def answer(request: Any, **_: Any) -> AWSResponse:
        response = AWSResponse(request.url, 200, {}, None)
        response._content = b"{}"  # noqa: SLF001 - so that nothing is read from raw
        return response

    made.meta.events.register("before-send.bedrock-runtime", answer)
    response = made.converse_stream(**CONVERSE_CALL)
    assert type(response["stream"]) is EventStream


def test_an_answer_of_another_hook_with_a_file_is_read(boto3_client: MakeClient) -> None:
    import io

    from botocore.awsrequest import AWSResponse

    made = awsio.attach(boto3_client())
    body = io.BytesIO(b"".join(CONVERSE))
    made.meta.events.register(
        "before-send.bedrock-runtime", lambda request, **_: AWSResponse(request.url, 200, {}, body)
    )
    assert list(made.converse_stream(**CONVERSE_CALL)["stream"]) == CONVERSE_EVENTS


def test_what_does_not_stream_is_left_alone(boto3_client: MakeClient) -> None:
    answer = Answer(
        [b'{"ShardLimit": 500, "OpenShardCount": 1}'],
        "length",
        content_type="application/x-amz-json-1.1",
    )
    made = awsio.attach(boto3_client("kinesis", answer))
    response = made.describe_limits()
    assert type(response) is dict
    assert response["ShardLimit"] == 500


def test_a_call_whose_note_another_hook_took_away_has_no_request(boto3_client: MakeClient) -> None:
    client = awsio.attach(boto3_client("bedrock-runtime", Answer(CONVERSE)))

    def take_away(context: dict[str, Any], **_: Any) -> None:
        del context["awsio"]

    client.meta.events.register_last("before-call", take_away)
    con = client.converse_stream(modelId="m", messages=[])["stream"](connection=True)
    with con:
        assert con.request is con.elapsed is None
        assert next(con)


def test_an_answer_that_another_hook_gave_has_no_request(boto3_client: MakeClient) -> None:
    def answer(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        return AWSResponse("https://stub", 200, {}, io.BytesIO(b"".join(CONVERSE))), {}

    client = awsio.attach(boto3_client("bedrock-runtime"))
    client.meta.events.register("before-call.bedrock-runtime", answer)
    with client.converse_stream(modelId="m", messages=[])["stream"](connection=True) as con:
        assert con.request is None
        assert con.elapsed >= 0
        assert len([*con]) == len(CONVERSE)
