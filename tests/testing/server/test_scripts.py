from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from awsio.errors import (
    EventSerializeError,
    MessageChecksumError,
    ServiceStreamError,
    UnknownOperationError,
    UnknownServiceError,
)
from awsio.eventstream import Frame, FrameDecoder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from awsio.testing import LocalServer

CONVERSE = ("bedrock-runtime", "ConverseStream")
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
STOP = {"messageStop": {"stopReason": "end_turn"}}


def text(words: str) -> dict[str, Any]:
    return {"contentBlockDelta": {"delta": {"text": words}, "contentBlockIndex": 0}}


def converse(server: LocalServer, **options: Any) -> Any:
    client = server.client("bedrock-runtime", **options)
    return client.converse_stream(modelId="m", messages=MESSAGES)


def subscribe(client: Any) -> Any:
    return client.subscribe_to_shard(
        ConsumerARN="arn", ShardId="shard", StartingPosition={"Type": "LATEST"}
    )


def test_calls_take_scripts_in_order_and_the_last_one_stays(server: LocalServer) -> None:
    server.add(*CONVERSE, [text("one"), STOP])
    server.add("bedrock-runtime", "converse_stream", [text("two"), STOP])
    words = [next(iter(converse(server).stream)) for _ in range(3)]
    assert words == [text("one"), text("two"), text("two")]


def test_a_script_may_hold_frames_and_bytes(server: LocalServer) -> None:
    frame = Frame({":message-type": "event", ":event-type": "news"}, b"{}")
    stop = Frame({":message-type": "event", ":event-type": "messageStop"}, b"{}").encode()
    server.add(*CONVERSE, [text("dict"), frame, bytearray(stop)])
    assert list(converse(server).stream) == [
        text("dict"),
        {"SDK_UNKNOWN_MEMBER": {"name": "news"}},
        {"messageStop": {}},
    ]


def test_bytes_are_sent_as_they_are(server: LocalServer) -> None:
    broken = bytearray(Frame({}, b"payload").encode())
    broken[-1] ^= 1
    server.add(*CONVERSE, [text("whole"), bytes(broken)])
    con = converse(server).stream(connection=True)
    assert con.read_event() == text("whole")
    with pytest.raises(MessageChecksumError):
        con.read_event()
    con.close()


def test_each_event_is_an_http_chunk(server: LocalServer) -> None:
    server.add(*CONVERSE, [text("a"), text("b"), STOP])
    client = boto3.client("bedrock-runtime", **server.client_arguments())
    response = client.converse_stream(modelId="m", messages=MESSAGES)
    chunks = list(response["stream"]._raw_stream.stream())  # noqa: SLF001 - it has no public name
    decoders = [FrameDecoder() for _ in chunks]
    for decoder, chunk in zip(decoders, chunks, strict=True):
        decoder.feed(chunk)
    types = [[frame.event_type for frame in decoder] for decoder in decoders]
    assert types == [["contentBlockDelta"], ["contentBlockDelta"], ["messageStop"]]


def test_an_event_arrives_before_the_next_one_is_there(server: LocalServer) -> None:
    release = threading.Event()

    def script(_params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        yield text("first")
        release.wait(30)
        yield STOP

    server.add(*CONVERSE, script)
    with converse(server).stream(connection=True) as con:
        assert con.read_event() == text("first")
        assert not release.is_set()
        release.set()
        assert con.read_event() == STOP


def test_headers_come_before_the_first_event_is_there(server: LocalServer) -> None:
    release = threading.Event()

    def script(_params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        release.wait(30)
        yield STOP

    server.add(*CONVERSE, script)
    with converse(server).stream(connection=True) as con:
        assert not release.is_set()
        release.set()
        assert list(con) == [STOP]


def test_a_function_is_called_with_the_arguments(server: LocalServer) -> None:
    server.add(*CONVERSE, lambda params: [text(params["modelId"]), STOP])
    assert list(converse(server).stream) == [text("m"), STOP]


def test_a_delay_goes_before_each_event(server: LocalServer) -> None:
    server.add(*CONVERSE, [text("late"), STOP], delay=0.02)
    server.add(*CONVERSE, lambda _: [text("late"), STOP], delay=0.02)
    for _ in range(2):
        with converse(server).stream(connection=True) as con:
            assert list(con) == [text("late"), STOP]
            assert con.read_event() is None


def test_a_script_without_events_streams_the_operations_own(server: LocalServer) -> None:
    server.add(*CONVERSE, delay=0.0, headers={"X-Amzn-RequestId": "mine"})
    response = converse(server)
    assert response["ResponseMetadata"]["RequestId"] == "mine"
    assert list(response.stream)[:1] == [{"messageStart": {"role": "assistant"}}]


def test_an_empty_script_is_an_empty_stream(server: LocalServer) -> None:
    server.add(*CONVERSE, [])
    assert list(converse(server, require_terminal=False).stream) == []


def test_an_error_comes_instead_of_the_stream(server: LocalServer) -> None:
    server.add(*CONVERSE, error="ThrottlingException", message="slow down")
    server.add(*CONVERSE, error="ThrottlingException", status=503, headers={"Retry-After": "7"})
    server.add(*CONVERSE, error="ExpiredTokenException")
    client = server.client("bedrock-runtime")
    with pytest.raises(client.exceptions.ThrottlingException, match="slow down") as raised:
        converse(server)
    metadata = raised.value.response["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 429
    assert metadata["HTTPHeaders"]["x-amzn-errortype"] == "ThrottlingException"
    with pytest.raises(client.exceptions.ThrottlingException) as raised:
        converse(server)
    metadata = raised.value.response["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], metadata["HTTPHeaders"]["retry-after"]) == (503, "7")
    with pytest.raises(ClientError, match="ExpiredTokenException") as raised:
        converse(server)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_s3_errors_are_xml(server: LocalServer) -> None:
    server.add("s3", "SelectObjectContent", error="NoSuchKey", message="no <key> & no bucket")
    client = boto3.client("s3", **server.client_arguments())
    request = {"Bucket": "b", "Key": "k", "Expression": "", "ExpressionType": "SQL"}
    with pytest.raises(ClientError) as raised:
        client.select_object_content(**request, InputSerialization={}, OutputSerialization={})
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("NoSuchKey", "no <key> & no bucket")
    assert isinstance(raised.value, client.exceptions.NoSuchKey)


def test_output_members_travel_as_headers_and_status(server: LocalServer) -> None:
    output = {"StatusCode": 202, "ExecutedVersion": "7", "ResponseStreamContentType": "text/csv"}
    end = {"InvokeComplete": {"LogResult": "log"}}
    server.add("lambda", "InvokeWithResponseStream", [end], output=output)
    client = boto3.client("lambda", **server.client_arguments())
    response = client.invoke_with_response_stream(FunctionName="f")
    assert {name: response[name] for name in output} == output
    assert list(response["EventStream"]) == [end]


def test_an_rpc_stream_begins_with_an_initial_response_unless_told_otherwise(
    server: LocalServer,
) -> None:
    for initial_response in (None, True, False):
        server.add("kinesis", "SubscribeToShard", [], output={}, initial_response=initial_response)
    client = server.client("kinesis")
    types = []
    for _ in range(3):
        with subscribe(client).EventStream(connection=True) as con:
            decoder = FrameDecoder()
            decoder.feed(con.readall())
            types.append([frame.event_type for frame in decoder])
    assert types == [["initial-response"], ["initial-response"], []]


def test_a_function_that_raises_is_a_500_with_its_text(
    server: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    error = LookupError("no such thing")

    def fail(_params: Mapping[str, Any]) -> list[Any]:
        raise error

    server.add(*CONVERSE, fail)
    client = server.client("bedrock-runtime")
    with pytest.raises(client.exceptions.InternalServerException, match="no such thing") as raised:
        converse(server)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert server.errors == [error]
    assert "no such thing" in caplog.text


def test_a_function_that_raises_in_mid_stream_ends_it_with_an_error_frame(
    server: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_params: Mapping[str, Any]) -> Iterator[Any]:
        yield text("good")
        yield {"contentBlokDelta": {}}

    server.add(*CONVERSE, fail)
    con = converse(server).stream(connection=True)
    assert con.read_event() == text("good")
    with pytest.raises(ServiceStreamError, match="did you mean contentBlockDelta") as raised:
        con.read_event()
    con.close()
    assert raised.value.code == "InternalFailure"
    assert isinstance(server.errors[0], EventSerializeError)
    assert "contentBlokDelta" in caplog.text


def test_a_function_that_runs_out_of_something_does_not_hang(server: LocalServer) -> None:
    scripts = iter([[STOP]])
    server.add(*CONVERSE, lambda _: next(scripts))
    assert list(converse(server).stream) == [STOP]
    with pytest.raises(ClientError, match="StopIteration"):
        converse(server)


@pytest.mark.parametrize(
    ("service", "operation", "events", "options", "said"),
    [
        (*CONVERSE, [{"messageStat": {}}], {}, "did you mean messageStart"),
        (*CONVERSE, [{"messageStart": {"rol": "x"}}], {}, "did you mean role"),
        (*CONVERSE, [{}], {}, "one member"),
        (*CONVERSE, ["text"], {}, "a dict, a Frame or bytes, not str"),
        (*CONVERSE, [], {"error": "X"}, "instead of a stream"),
        (*CONVERSE, None, {"error": "X", "output": {}}, "instead of a stream"),
        (*CONVERSE, [], {"output": {"stream": 1}}, "sends no 'stream' outside its stream"),
        (*CONVERSE, [], {"initial_response": True}, "no initial response"),
        ("s3", "GetObject", None, {"initial_response": True}, "no initial response"),
        ("s3", "GetObject", None, {"output": {"Boddy": b""}}, "did you mean Body"),
        ("s3", "GetObject", None, {"output": {"Body": 5}}, "not int"),
        ("s3", "GetObject", None, {"error": "X", "output": {}}, "instead of a stream or an output"),
        ("sqs", "SendMessage", None, {"output": {"Body": 5}}, "has no member 'Body'"),
        ("kinesis", "SubscribeToShard", [], {"output": {"Shard": 1}}, "sends no 'Shard'"),
        ("s3", "GetObject", [], {}, "no event stream"),
        ("bedrock-runtime", "InvokeModelWithBidirectionalStream", [], {}, "takes an event stream"),
    ],
)
def test_what_cannot_be_sent_is_refused_when_it_is_added(
    server: LocalServer,
    service: str,
    operation: str,
    events: Any,
    options: dict[str, Any],
    said: str,
) -> None:
    with pytest.raises(EventSerializeError, match=said):
        server.add(service, operation, events, **options)


def test_unknown_names_are_refused_when_they_are_added(server: LocalServer) -> None:
    with pytest.raises(UnknownServiceError):
        server.add("bedrok", "ConverseStream")
    with pytest.raises(UnknownOperationError):
        server.add("bedrock-runtime", "ConversStream")


def test_a_script_that_stayed_makes_way_for_one_that_is_added(server: LocalServer) -> None:
    def said() -> list[Any]:
        return [event for event in converse(server).stream if "messageStop" not in event]

    server.add("bedrockruntime", "converse_stream", [text("one"), STOP])  # in any spelling
    assert said() == said() == [text("one")]
    server.add(*CONVERSE, [text("two"), STOP])
    server.add(*CONVERSE, [text("three"), STOP])
    assert [said() for _ in range(3)] == [[text("two")], [text("three")], [text("three")]]


def get_item(server: LocalServer) -> Any:
    client = boto3.client("dynamodb", **server.client_arguments())
    response = client.get_item(TableName="t", Key={"id": {"S": "1"}})
    response.pop("ResponseMetadata")
    return response


def test_outputs_are_scripted_as_events_are(server: LocalServer) -> None:
    server.add("dynamodb", "GetItem", output={"Item": {"id": {"S": "1"}}})
    server.add("dynamodb", "get_item", output={})
    server.add("dynamodb", "GetItem", error="ResourceNotFoundException", message="no table")
    assert get_item(server) == {"Item": {"id": {"S": "1"}}}
    assert get_item(server) == {}
    for _ in range(2):
        with pytest.raises(ClientError, match="no table"):
            get_item(server)


def test_an_output_may_be_made_of_the_arguments(server: LocalServer) -> None:
    server.add("dynamodb", "GetItem", output=lambda params: {"Item": params["Key"]})
    assert get_item(server) == {"Item": {"id": {"S": "1"}}}
    server.add("s3", "GetObject", output=lambda params: {"Body": iter([params["Key"], "!"])})
    client = boto3.client("s3", **server.client_arguments())
    assert client.get_object(Bucket="b", Key="k")["Body"].read() == b"k!"


def test_the_members_outside_a_stream_may_be_made_of_the_arguments(server: LocalServer) -> None:
    server.add(
        "lambda",
        "InvokeWithResponseStream",
        [{"InvokeComplete": {}}],
        output=lambda params: {"ExecutedVersion": params["FunctionName"]},
    )
    client = boto3.client("lambda", **server.client_arguments())
    response = client.invoke_with_response_stream(FunctionName="f")
    assert response["ExecutedVersion"] == "f"
    assert list(response["EventStream"]) == [{"InvokeComplete": {}}]


@pytest.mark.parametrize(
    ("output", "said"),
    [(lambda _: {"Itm": {}}, "did you mean Item"), (lambda params: params["none"], "KeyError")],
)
def test_an_output_function_that_fails_is_a_500_with_its_text(
    server: LocalServer, caplog: pytest.LogCaptureFixture, output: Any, said: str
) -> None:
    server.add("dynamodb", "GetItem", output=output)
    with pytest.raises(ClientError, match=said) as raised:
        get_item(server)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert len(server.errors) == 1
    assert "A script" in caplog.text or "a script" in caplog.text


def test_a_status_and_headers_of_an_output_may_be_scripted(server: LocalServer) -> None:
    server.add(
        "s3", "ListBuckets", output={}, status=202, headers={"X-Amz-RequestId": "a", "X-A": "b"}
    )
    client = boto3.client("s3", **server.client_arguments())
    metadata = client.list_buckets()["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 202
    assert metadata["HTTPHeaders"]["x-a"] == "b"


def test_what_boto3_makes_of_an_output_is_scripted_as_boto3_returns_it(
    server: LocalServer,
) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Action": "a:100%", "Effect": "Allow"}]}
    server.add("iam", "GetRolePolicy", output={"RoleName": "r", "PolicyDocument": policy})
    server.add("iam", "ListPolicies", output={"Policies": [{"PolicyName": "p"}]})
    server.add("ec2", "GetConsoleOutput", output={"InstanceId": "i", "Output": "gr\u00fcn\n"})
    server.add("ec2", "DescribeInstances", output={"Reservations": []})
    server.add("cloudformation", "GetTemplate", output={"TemplateBody": {"Resources": {}}})
    server.add("s3", "GetBucketLocation", output={"LocationConstraint": "eu-west-1"})
    arguments = server.client_arguments()
    iam, ec2 = boto3.client("iam", **arguments), boto3.client("ec2", **arguments)
    got = iam.get_role_policy(RoleName="r", PolicyName="p")
    assert got["PolicyDocument"] == policy
    assert iam.list_policies()["Policies"] == [{"PolicyName": "p"}]
    assert ec2.get_console_output(InstanceId="i")["Output"] == "gr\u00fcn\n"
    assert ec2.describe_instances()["Reservations"] == []
    template = boto3.client("cloudformation", **arguments).get_template(StackName="s")
    assert template["TemplateBody"] == {"Resources": {}}
    location = boto3.client("s3", **arguments).get_bucket_location(Bucket="b")
    assert location["LocationConstraint"] == "eu-west-1"
