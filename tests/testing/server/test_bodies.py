"""Streaming bodies: what a script gives, and what a client reads of it and when."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ResponseStreamingError

import awsio
from awsio import ServerSentEvent
from awsio.testing.server.bodies import ReplayedPieces, encode_piece
from tests.support.installed import need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsio.testing import LocalServer

OBJECT = {"Bucket": "b", "Key": "k"}
AGENT = {"agentRuntimeArn": "arn:aws:bedrock-agentcore:us-east-1:1:runtime/r", "payload": b"{}"}


def s3(server: LocalServer) -> Any:
    return boto3.client("s3", **server.client_arguments())


def test_bytes_come_whole_with_their_length(server: LocalServer) -> None:
    output = {"Body": b"1,2\n" * 1000, "ContentType": "text/csv", "Metadata": {"a": "b"}}
    server.add("s3", "GetObject", output=output)
    response = s3(server).get_object(**OBJECT)
    assert response["ContentLength"] == 4000
    assert (response["ContentType"], response["Metadata"]) == ("text/csv", {"a": "b"})
    assert response["Body"].read() == output["Body"]


@pytest.mark.parametrize(
    ("service", "operation", "params", "member"),
    [
        ("s3", "get_object", OBJECT, "Body"),
        (
            "polly",
            "synthesize_speech",
            {"OutputFormat": "mp3", "Text": "a", "VoiceId": "Joanna"},
            "AudioStream",
        ),
        ("lambda", "invoke", {"FunctionName": "f"}, "Payload"),
        ("sagemaker-runtime", "invoke_endpoint", {"EndpointName": "e", "Body": b""}, "Body"),
        ("bedrock-runtime", "invoke_model", {"modelId": "m", "body": b""}, "body"),
    ],
)
def test_pieces_come_one_by_one_to_every_call(
    server: LocalServer, service: str, operation: str, params: dict[str, Any], member: str
) -> None:
    release = threading.Event()

    def pieces() -> Iterator[bytes]:
        yield b"first"
        release.wait(30)
        yield b"second"

    server.add(service, operation, output={member: pieces()})
    client = boto3.client(service, **server.client_arguments())
    body = getattr(client, operation)(**params)[member]
    assert body.read(5) == b"first"
    assert not release.is_set()
    release.set()
    assert body.read() == b"second"
    assert getattr(client, operation)(**params)[member].read() == b"firstsecond"
    assert "content-length" not in body._raw_stream.headers  # noqa: SLF001 - no public name


def test_a_list_is_sent_in_chunks_with_a_delay(server: LocalServer) -> None:
    server.add("s3", "GetObject", output={"Body": [b"a", "b", b"c"]}, delay=0.01)
    raw = s3(server).get_object(**OBJECT)["Body"]._raw_stream  # noqa: SLF001 - no public name
    assert list(raw.stream()) == [b"a", b"b", b"c"]


def test_server_sent_events_are_read_back(server: LocalServer) -> None:
    need("bedrock-agentcore", "InvokeAgentRuntime")
    events = [
        ServerSentEvent(data="one\ntwo"),
        ServerSentEvent(type="news", data="three", id="7", retry=100),
    ]
    output = {"response": [*events, ": a comment\n\n", b"data: four\n\n"], "statusCode": 200}
    server.add(
        "bedrock-agentcore",
        "InvokeAgentRuntime",
        output={**output, "contentType": "text/event-stream"},
    )
    with server.client("bedrock-agentcore") as client:
        response = client.invoke_agent_runtime(**AGENT)
        assert response["contentType"] == "text/event-stream"
        with response.response(connection=True) as con:
            got = list(iter(lambda: awsio.resp_stream_sse(con), None))
    assert got == [*events, ServerSentEvent(data="four", id="7")]


def test_one_server_sent_event_is_a_body(server: LocalServer) -> None:
    server.add("s3", "GetObject", output={"Body": ServerSentEvent(data="a\r\nb\rc")})
    body = s3(server).get_object(**OBJECT)["Body"].read()
    assert body == b"data: a\ndata: b\ndata: c\n\n" == encode_piece(ServerSentEvent(data="a\nb\nc"))


def test_pieces_that_fail_cut_the_body(
    server: LocalServer, caplog: pytest.LogCaptureFixture
) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"good"
        raise LookupError("no more")

    server.add("s3", "GetObject", output={"Body": pieces()})
    for _ in range(2):
        body = s3(server).get_object(**OBJECT)["Body"]
        with pytest.raises(ResponseStreamingError):
            body.read()
    assert [type(error) for error in server.errors] == [LookupError] * 2
    assert "no more" in caplog.text
    assert s3(server).list_buckets()["Buckets"]


def test_a_piece_of_another_kind_cuts_the_body(server: LocalServer) -> None:
    server.add("s3", "GetObject", output={"Body": iter([b"good", 5])})
    body = s3(server).get_object(**OBJECT)["Body"]
    with pytest.raises(ResponseStreamingError):
        body.read()
    assert "bytes, str or a ServerSentEvent, not int" in str(server.errors[0])


def test_a_length_above_the_bodys_is_a_body_that_was_cut(server: LocalServer) -> None:
    server.add("s3", "GetObject", output={"Body": b"abc", "ContentLength": 5})
    body = s3(server).get_object(**OBJECT)["Body"]
    with pytest.raises((IncompleteReadError, ResponseStreamingError)):
        body.read()
    assert s3(server).get_object(**OBJECT)["ContentLength"] == 5


def test_head_has_the_length_and_no_body(server: LocalServer) -> None:
    server.add("s3", "HeadObject", output={"ContentLength": 7})
    server.add("s3", "HeadObject", error="NoSuchKey", status=404)
    client = s3(server)
    assert client.head_object(**OBJECT)["ContentLength"] == 7
    with pytest.raises(ClientError, match="404"):
        client.head_object(**OBJECT)
    assert client.list_buckets()["Buckets"]  # on the same connection


def test_a_body_by_itself_is_a_short_json_document(server: LocalServer) -> None:
    response = boto3.client("lambda", **server.client_arguments()).invoke(FunctionName="f")
    assert response["Payload"].read() == b'{"sample": "Payload"}'
    assert "FunctionError" not in response


def test_replayed_pieces_wait_for_no_more_than_they_need() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(3):
            taken.append(number)
            yield number

    pieces = ReplayedPieces(source())
    first, second = iter(pieces), iter(pieces)
    assert (next(first), next(second), taken) == (0, 0, [0])
    assert (list(second), list(first), list(pieces)) == ([1, 2], [1, 2], [0, 1, 2])
    assert taken == [0, 1, 2]
