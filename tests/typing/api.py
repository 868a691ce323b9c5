"""The public names as their users write them: mypy reads this file, nothing runs it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, assert_type

import awsio
from awsio import errors, events, eventstream

if TYPE_CHECKING:
    from botocore.client import BaseClient


def make_clients(boto3_client: BaseClient) -> None:
    assert_type(awsio.client("bedrock-runtime", region="us-east-1"), awsio.Client)
    with awsio.client("s3", {"region": "us-east-1"}, endpoint="http://127.0.0.1:1") as client:
        assert_type(client, awsio.Client)
    # A service that is looked up by name has no type of its own.
    assert_type(awsio.bedrockruntime(region="us-east-1"), Any)
    options = awsio.StreamOptions(idle_timeout=30, max_payload=1024)
    assert_type(awsio.client("s3", options=options, verbosity=1), awsio.Client)
    assert_type(awsio.attach(boto3_client, options=options, max_headers=1), "BaseClient")
    # The client given is the client returned.
    assert_type(awsio.attach(boto3_client), "BaseClient")


def read_an_answer(stream: awsio.StreamHandler) -> None:
    def text(chunk: Any) -> str | None:
        found: str | None = chunk.contentBlockDelta.delta.text
        return found

    assert_type(stream(text), list[str])
    assert_type(stream(text, require_terminal=False), list[str])
    with stream(connection=True) as con:
        assert_type(con, awsio.PawsConnection)
    assert_type(stream(connection=True, require_terminal=None), awsio.PawsConnection)


def read_a_connection(con: awsio.PawsConnection) -> None:
    raw: io.RawIOBase = con
    buffered = io.BufferedReader(con)
    assert_type(con.read_frame(timeout=1.0), eventstream.Frame | None)
    assert_type(con.is_complete(), bool)
    lines: list[bytes] = con.payload().readlines()
    for found in con.select("contentBlockDelta.delta.text"):
        print(found, raw, buffered, lines)
    for event in con:
        print(event)


def read_several(
    client: awsio.Client, con: awsio.PawsConnection, stream: awsio.StreamHandler
) -> None:
    with awsio.merge(con, stream) as merged:
        for one, event in merged:
            assert_type(one, awsio.PawsConnection)
            print(event)

    def length(chunk: Any) -> int | None:
        return len(chunk) or None

    for events_of_one in awsio.stream_many(client, "converse_stream", [{"modelId": "m"}]):
        assert_type(events_of_one, list[Any])
    for lengths in awsio.stream_many(client, "ConverseStream", iter([{}]), fn=length):
        assert_type(lengths, list[int])


def read_on_and_on(client: awsio.Client, con: awsio.PawsConnection) -> None:
    begin = {"Type": "TRIM_HORIZON"}
    with awsio.resume(
        lambda position: client.subscribe_to_shard(StartingPosition=position), begin, attempts=None
    ) as events:
        assert_type(events.position, dict[str, str] | None)
        assert_type(events.restarts, int)
        assert_type(events.connection, awsio.PawsConnection | None)
        for event in events:
            print(event)
        while (event := events.read_event(timeout=1.0)) is not None:
            print(event)
        print(awsio.paws_stream_parser(events))

    def open_at(offset: int) -> awsio.PawsConnection:
        print(offset)
        return con

    frames = awsio.resume(open_at, 0, advance=lambda frame, offset: offset + len(frame.encode()))
    assert_type(frames.position, int | None)


def read_as_paws_and_httr2_do(con: awsio.PawsConnection) -> None:
    while (chunk := awsio.paws_stream_parser(con)) is not None:
        print(chunk.contentBlockDelta.delta.text)
    assert_type(awsio.resp_stream_aws(con), eventstream.Frame | None)
    assert_type(awsio.resp_stream_raw(con), bytes | None)
    assert_type(awsio.resp_stream_lines(con, lines=2), list[str] | None)
    assert_type(awsio.resp_stream_sse(con), awsio.ServerSentEvent | None)
    assert_type(awsio.resp_stream_is_complete(con), bool)


def read_what_is_stored(path: str, taken: Any) -> None:
    with awsio.open(path, service="bedrock-runtime", operation="ConverseStream") as con:
        assert_type(con, awsio.PawsConnection)
    assert_type(awsio.connect(taken, max_payload=1024), awsio.PawsConnection)
    con = awsio.PawsConnection(io.BytesIO(b""))


def use_the_codec(data: bytes) -> None:
    decoder = eventstream.FrameDecoder(max_payload=1024)
    decoder.feed(data)
    decoder.feed_eof()
    assert_type(decoder.next_frame(), eventstream.Frame | None)
    for frame in decoder:
        assert_type(frame.payload, bytes)
        assert_type(frame.encode(), bytes)
        assert_type(frame.event_type, str | None)
        value: eventstream.HeaderValue = frame.headers[":event-type"]
        print(value)
    assert_type(decoder.buffered, bytes)
    headers = {"short": eventstream.Short(1), "long": eventstream.Long(2), "on": True}
    assert_type(eventstream.encode_frame(headers, b"payload"), bytes)


def use_the_events(parser: events.EventParser, frame: eventstream.Frame) -> None:
    event: events.Event | None = parser.parse(frame)
    plain: dict[str, Any] | None = event
    print(plain)


def catch_what_fails(con: awsio.PawsConnection) -> None:
    try:
        con.read_event()
    except errors.ServiceStreamError as error:
        print(error)
    except errors.StreamError as error:
        as_the_root: errors.AwsioError = error
        print(as_the_root)
