"""S3 Select and Live Tail as moto plays them, with boto3's results beside ours."""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

BUCKET = "rows"
PEOPLE = [{"name": f"person {number}", "age": str(number % 90)} for number in range(500)]
CSV = "name,age\n" + "".join(f"{row['name']},{row['age']}\n" for row in PEOPLE)
JSON_LINES = "".join(json.dumps(row) + "\n" for row in PEOPLE)
INPUTS = {
    "people.csv": {"CSV": {"FileHeaderInfo": "USE"}, "CompressionType": "NONE"},
    "people.json": {"JSON": {"Type": "LINES"}, "CompressionType": "NONE"},
}


@pytest.fixture(scope="module")
def clients(moto: Any, make_clients: Callable[..., Any]) -> Any:
    """Give three clients of S3, whose bucket holds the same rows in two forms."""
    made = make_clients("s3", moto.url)
    made.plain.create_bucket(Bucket=BUCKET)
    made.plain.put_object(Bucket=BUCKET, Key="people.csv", Body=CSV)
    made.plain.put_object(Bucket=BUCKET, Key="people.json", Body=JSON_LINES)
    return made


def select(key: str, output: dict[str, Any]) -> dict[str, Any]:
    return {
        "Bucket": BUCKET,
        "Key": key,
        "ExpressionType": "SQL",
        "Expression": "SELECT * FROM S3Object",
        "InputSerialization": INPUTS[key],
        "OutputSerialization": output,
    }


@pytest.mark.usefixtures("moto")
@pytest.mark.parametrize("key", INPUTS)
@pytest.mark.parametrize("output", [{"CSV": {}}, {"JSON": {}}], ids=["to csv", "to json"])
def test_selected_rows_are_those_of_boto3(clients: Any, key: str, output: dict[str, Any]) -> None:
    responses = [client.select_object_content(**select(key, output)) for client in clients]

    plain, attached, own = [list(response["Payload"]) for response in responses]

    assert attached == plain
    assert own == plain
    assert [*own[-1]] == ["End"]
    assert any("Stats" in event for event in own)


@pytest.mark.usefixtures("moto")
def test_the_payload_is_a_file_that_pandas_reads(clients: Any) -> None:
    with clients.own.select_object_content(**select("people.csv", {"CSV": {}})).Payload as stream:
        con = stream(connection=True)
        frame = pd.read_csv(con.payload(), names=["name", "age"], dtype=str)

    assert frame.to_dict("records") == PEOPLE


@pytest.mark.usefixtures("moto")
def test_the_payload_gives_json_lines(clients: Any) -> None:
    response = clients.own.select_object_content(**select("people.json", {"JSON": {}}))

    with response.Payload(connection=True) as con:
        rows = [json.loads(line) for line in io.TextIOWrapper(con.payload(), "utf-8")]

    assert rows == PEOPLE


@pytest.mark.usefixtures("moto")
def test_an_error_before_the_stream_is_the_modelled_one(clients: Any) -> None:
    request = select("people.csv", {"CSV": {}}) | {"Bucket": "no-such-bucket"}

    with pytest.raises(ClientError) as caught:
        clients.own.select_object_content(**request)

    assert caught.value.response["Error"]["Code"] == "NoSuchBucket"


@pytest.mark.usefixtures("moto")
def test_a_live_tail_is_that_of_boto3(moto: Any, make_clients: Callable[..., Any]) -> None:
    clients = make_clients("logs", moto.url)
    logs = clients.plain
    logs.create_log_group(logGroupName="group")
    logs.create_log_stream(logGroupName="group", logStreamName="stream")
    now = int(time.time() * 1000)
    messages = [{"timestamp": now, "message": text} for text in ("zwölf", "eleven", "zwei")]
    logs.put_log_events(logGroupName="group", logStreamName="stream", logEvents=messages)
    (group,) = logs.describe_log_groups(logGroupNamePrefix="group")["logGroups"]
    call = {"logGroupIdentifiers": [group["logGroupArn"]], "logEventFilterPattern": "zw"}

    plain, attached, own = [
        [dict(event) for event in client.start_live_tail(**call)["responseStream"]]
        for client in clients
    ]

    for events in (plain, attached, own):
        start = events[0]["sessionStart"]
        assert start.pop("sessionId")
        assert start.pop("requestId")
    assert attached == plain
    assert own == plain
    results = own[1]["sessionUpdate"]["sessionResults"]
    assert [result["message"] for result in results] == ["zwölf", "zwei"]
    # It is there, and empty: the payload has no bytes at all.
    assert clients.own.start_live_tail(**call).initial_response == {}
