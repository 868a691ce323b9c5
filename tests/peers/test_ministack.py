"""The services that ministack plays: what awsio reads is what boto3 reads.

Kinesis and Live Tail are live, in chunks that come when something happens; the other
operations' streams come in one piece.
"""

from __future__ import annotations

import io
import itertools
import json
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EventStreamError

from awsio.errors import ServiceStreamError, StreamTimeoutError
from tests.support.kinesis import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = [b"row 1", "zwölf\n".encode(), bytes(range(256))]
HANDLER = """
def answer(event, context):
    return {"echo": event["words"] * 1000}
"""
WORDS = "zwölf "
MESSAGES = [{"role": "user", "content": [{"text": "Hello?"}]}]
MODEL = "amazon.titan-text-express-v1"
FLOW_INPUT = {"content": {"document": "x"}, "nodeName": "n", "nodeOutputName": "document"}

#: Operations that need nothing in place: service, method, arguments, member of the stream.
CALLS: dict[str, tuple[str, str, dict[str, Any], str]] = {
    "ConverseStream": (
        "bedrock-runtime",
        "converse_stream",
        {"modelId": MODEL, "messages": MESSAGES},
        "stream",
    ),
    "InvokeModelWithResponseStream": (
        "bedrock-runtime",
        "invoke_model_with_response_stream",
        {"modelId": MODEL, "body": b'{"inputText": "Hello?"}'},
        "body",
    ),
    "InvokeAgent": (
        "bedrock-agent-runtime",
        "invoke_agent",
        {"agentId": "A" * 10, "agentAliasId": "B" * 10, "sessionId": "s1", "inputText": "Hello?"},
        "completion",
    ),
    "InvokeFlow": (
        "bedrock-agent-runtime",
        "invoke_flow",
        {
            "flowIdentifier": "F" * 10,
            "flowAliasIdentifier": "A" * 10,
            "executionId": "e1",
            "inputs": [FLOW_INPUT],
        },
        "responseStream",
    ),
    "RetrieveAndGenerateStream": (
        "bedrock-agent-runtime",
        "retrieve_and_generate_stream",
        {"input": {"text": "Hello?"}, "sessionId": "s1"},
        "stream",
    ),
    "OptimizePrompt": (
        "bedrock-agent-runtime",
        "optimize_prompt",
        {"input": {"textPrompt": {"text": "Hello?"}}, "targetModelId": "m"},
        "optimizedPrompt",
    ),
}


@pytest.fixture(scope="module")
def clients(ministack: Any, make_clients: Callable[..., Any]) -> Callable[[str], Any]:
    """Give three clients of a service, always the same ones."""
    made: dict[str, Any] = {}

    def give(service: str) -> Any:
        if service not in made:
            made[service] = make_clients(service, ministack.url)
        return made[service]

    return give


@pytest.fixture
def stream(clients: Callable[[str], Any], stream_names: Iterator[str]) -> Stream:
    made = Stream(clients("kinesis").plain, next(stream_names))
    made.put(*ROWS)
    return made


@pytest.fixture(scope="module")
def stream_names() -> Iterator[str]:
    return (f"stream-{number}" for number in itertools.count())


def without_clock(response: dict[str, Any], member: str) -> dict[str, Any]:
    """Read a response whole, but for what is another in each: request and time taken."""
    events = [dict(event) for event in response[member]]
    for event in events:
        if "metadata" in event:
            assert event["metadata"].pop("metrics")["latencyMs"] > 0
    return {**response, member: events, "ResponseMetadata": None}


@pytest.mark.usefixtures("ministack")
@pytest.mark.parametrize("operation", CALLS)
def test_the_response_is_that_of_boto3(clients: Callable[[str], Any], operation: str) -> None:
    service, method, arguments, member = CALLS[operation]

    responses = [getattr(client, method)(**arguments) for client in clients(service)]

    plain, attached, own = [without_clock(response, member) for response in responses]
    assert plain[member]
    assert attached == plain
    assert own == plain


@pytest.mark.usefixtures("ministack")
def test_the_answer_of_a_model_is_read_in_every_way(clients: Callable[[str], Any]) -> None:
    client = clients("bedrock-runtime").own
    events = client.converse_stream(modelId=MODEL, messages=MESSAGES).stream
    expected = "".join(events(lambda event: event.contentBlockDelta.delta.text))
    assert expected.startswith("[ministack mock")

    response = client.converse_stream(modelId=MODEL, messages=MESSAGES)
    with response.stream(connection=True) as con:
        assert "".join(con.select("contentBlockDelta.delta.text")) == expected

    body = json.dumps({"inputText": "Hello?"})
    response = client.invoke_model_with_response_stream(modelId=MODEL, body=body)
    with response.body(connection=True) as con:
        documents = list(con.iter_json())
    assert "".join(document["outputText"] for document in documents).startswith("[ministack mock")
    assert documents[-1]["completionReason"] == "FINISH"


@pytest.mark.usefixtures("ministack")
def test_a_lambda_function_s_answer_is_that_of_boto3(clients: Callable[[str], Any]) -> None:
    functions = clients("lambda")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("code.py", HANDLER)
    functions.plain.create_function(
        FunctionName="answer",
        Runtime="python3.13",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="code.answer",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.plain.get_waiter("function_active_v2").wait(
        FunctionName="answer", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )
    call = {"FunctionName": "answer", "Payload": json.dumps({"words": WORDS})}

    responses = [client.invoke_with_response_stream(**call) for client in functions]

    plain, attached, own = [without_clock(response, "EventStream") for response in responses]
    assert attached == plain
    assert own == plain
    with functions.own.invoke_with_response_stream(**call).EventStream(connection=True) as con:
        assert json.load(con.payload()) == {"echo": WORDS * 1000}


@pytest.mark.usefixtures("ministack")
def test_the_records_of_a_shard_are_those_of_boto3(
    clients: Callable[[str], Any], stream: Stream
) -> None:
    first = []
    for which, client in clients("kinesis")._asdict().items():
        response = client.subscribe_to_shard(**stream.subscription(which))
        first.append(next(iter(response["EventStream"])))
        response["EventStream"].close()

    plain, attached, own = first
    records = plain["SubscribeToShardEvent"]["Records"]
    assert [record["Data"] for record in records] == ROWS
    assert attached == plain
    assert own == plain


@pytest.mark.usefixtures("ministack")
@pytest.mark.parametrize("which", ["attached", "own"])
def test_a_subscription_is_live_and_ends_with_the_service_s_exception(
    clients: Callable[[str], Any], stream: Stream, which: str
) -> None:
    client = getattr(clients("kinesis"), which)
    response = client.subscribe_to_shard(**stream.subscription(which))

    with response["EventStream"](connection=True) as con:
        assert con.initial_response == {}
        assert len(con.read_event()["SubscribeToShardEvent"]["Records"]) == len(ROWS)
        with pytest.raises(StreamTimeoutError):
            con.read_event(timeout=0)  # nothing was put, so nothing comes
        stream.put(b"live")
        (record,) = con.read_event(timeout=20)["SubscribeToShardEvent"]["Records"]
        assert record["Data"] == b"live"
        stream.delete()
        with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
            con.read_event(timeout=20)
    assert isinstance(raised.value, ServiceStreamError)
    assert isinstance(raised.value, EventStreamError)
    assert raised.value.code == "ResourceNotFoundException"
    assert stream.name in raised.value.message


@pytest.mark.usefixtures("ministack")
@pytest.mark.parametrize("which", ["plain", "attached", "own"])
def test_an_error_before_the_stream_is_the_modelled_one(
    clients: Callable[[str], Any], stream: Stream, which: str
) -> None:
    client = getattr(clients("kinesis"), which)
    subscription = stream.subscription("one") | {"ShardId": "shardId-000000000099"}
    with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
        client.subscribe_to_shard(**subscription)
    assert "shardId-000000000099" in raised.value.response["Error"]["Message"]
    stream.delete()


@pytest.fixture
def group(clients: Callable[[str], Any]) -> Iterator[str]:
    """Make a log group, and give the identifier that Live Tail takes."""
    logs = clients("logs").plain
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    groups = logs.describe_log_groups(logGroupNamePrefix="group")["logGroups"]
    yield groups[0]["logGroupArn"]
    logs.delete_log_group(logGroupName="group")


@pytest.mark.usefixtures("ministack")
def test_a_live_tail_is_that_of_boto3(clients: Callable[[str], Any], group: str) -> None:
    logs = clients("logs")
    call = {"logGroupIdentifiers": [group], "logEventFilterPattern": "zw"}
    responses = [client.start_live_tail(**call) for client in logs]
    tails = [iter(response["responseStream"]) for response in responses]
    starts = [next(tail)["sessionStart"] for tail in tails]  # all sessions are there

    now = int(time.time() * 1000)
    messages = [{"timestamp": now, "message": text} for text in ("zwölf", "eleven", "zwei")]
    logs.plain.put_log_events(logGroupName="group", logStreamName="stream", logEvents=messages)

    updates = [next_results(tail) for tail in tails]
    for response in responses:
        response["responseStream"].close()
    assert [result["message"] for result in updates[0]] == ["zwölf", "zwei"]
    assert updates[1] == updates[0]
    assert updates[2] == updates[0]
    for start in starts:
        assert start.pop("sessionId")
        assert start.pop("requestId")
        assert start == {"logGroupIdentifiers": [group], "logEventFilterPattern": "zw"}


def next_results(tail: Iterator[Any]) -> list[dict[str, Any]]:
    """Read on to the next log events: each second without any has an empty update."""
    return next(
        event["sessionUpdate"]["sessionResults"]
        for event in tail
        if event["sessionUpdate"]["sessionResults"]
    )


@pytest.mark.usefixtures("ministack")
def test_a_live_tail_does_not_make_the_call_wait(clients: Callable[[str], Any], group: str) -> None:
    response = clients("logs").own.start_live_tail(logGroupIdentifiers=[group])
    with response.responseStream(connection=True) as con:
        assert response.initial_response == {}
        assert con.read_event()["sessionStart"]["logGroupIdentifiers"] == [group]
        with pytest.raises(StreamTimeoutError):
            con.read_event(timeout=0)
        # The update of a second in which nothing was logged.
        update = con.read_event(timeout=20).sessionUpdate
        assert update == {"sessionMetadata": {"sampled": False}, "sessionResults": []}
