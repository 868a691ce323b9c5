"""Kinesis as kinesis-local plays it, whose streams begin without an initial response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.parsers import ResponseParserError

from awsio.errors import StreamTimeoutError
from tests.support.kinesis import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = [b"row 1", "zwölf\n".encode(), bytes(range(256))]


@pytest.fixture(scope="module", params=["http", "https"])
def clients(
    request: pytest.FixtureRequest, kinesis_local: Any, make_clients: Callable[..., Any]
) -> Iterator[Any]:
    """Give clients that talk plainly, and those that check the server's certificate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_CA_BUNDLE", str(kinesis_local.certificate))
        yield make_clients("kinesis", kinesis_local.urls[request.param])


@pytest.fixture(scope="module")
def stream(clients: Any) -> Iterator[Stream]:
    made = Stream(clients.plain, "rows")
    made.put(*ROWS)
    yield made
    made.delete()


@pytest.mark.usefixtures("kinesis_local")
def test_boto3_fails_for_want_of_an_initial_response(clients: Any, stream: Stream) -> None:
    bodies = []
    event = "before-parse.kinesis.SubscribeToShard"

    def keep(response_dict: dict[str, Any], **_: Any) -> None:
        bodies.append(response_dict["body"])

    clients.plain.meta.events.register(event, keep)
    with pytest.raises(ResponseParserError, match="initial-response"):
        clients.plain.subscribe_to_shard(**stream.subscription("boto3"))
    clients.plain.meta.events.unregister(event, keep)
    bodies[0].close()  # boto3 leaves it open


@pytest.mark.usefixtures("kinesis_local")
@pytest.mark.parametrize("which", ["attached", "own"])
def test_awsio_reads_the_records_and_goes_on_live(clients: Any, stream: Stream, which: str) -> None:
    client = getattr(clients, which)
    response = client.subscribe_to_shard(**stream.subscription(which))

    with response["EventStream"](connection=True) as con:
        event = con.read_event()
        records = event["SubscribeToShardEvent"]["Records"]
        assert [record["Data"] for record in records][: len(ROWS)] == ROWS
        assert {record["PartitionKey"] for record in records} == {"one"}
        assert con.initial_response is None
        last = event["SubscribeToShardEvent"]["ContinuationSequenceNumber"]
        assert last == records[-1]["SequenceNumber"]

        with pytest.raises(StreamTimeoutError):
            con.read_event(timeout=0)  # nothing was put, so nothing comes
        stream.put(b"live")
        live: list[bytes] = []
        while not live:  # between records come events without any
            event = con.read_event(timeout=20)
            live += [record["Data"] for record in event["SubscribeToShardEvent"]["Records"]]
        assert live == [b"live"]
