"""A real S3 Select: moto's server, with boto3's result beside ours."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pandas as pd
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

import awsio

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "rows"
PEOPLE = [{"name": f"person {number}", "age": str(number % 90)} for number in range(500)]
CSV = "name,age\n" + "".join(f"{row['name']},{row['age']}\n" for row in PEOPLE)
JSON_LINES = "".join(json.dumps(row) + "\n" for row in PEOPLE)
INPUTS = {
    "people.csv": {"CSV": {"FileHeaderInfo": "USE"}, "CompressionType": "NONE"},
    "people.json": {"JSON": {"Type": "LINES"}, "CompressionType": "NONE"},
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def boto(endpoint: str) -> Iterator[Any]:
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket=BUCKET)
    client.put_object(Bucket=BUCKET, Key="people.csv", Body=CSV)
    client.put_object(Bucket=BUCKET, Key="people.json", Body=JSON_LINES)
    yield client
    client.close()


@pytest.fixture(scope="module")
def s3(endpoint: str) -> Iterator[awsio.Client]:
    credentials = {"access_key_id": "test", "secret_access_key": "test"}
    with awsio.s3(endpoint=endpoint, region="us-east-1", credentials=credentials) as client:
        yield client


def select(key: str, output: dict[str, Any]) -> dict[str, Any]:
    return {
        "Bucket": BUCKET,
        "Key": key,
        "ExpressionType": "SQL",
        "Expression": "SELECT * FROM S3Object",
        "InputSerialization": INPUTS[key],
        "OutputSerialization": output,
    }


@pytest.mark.parametrize("key", INPUTS)
@pytest.mark.parametrize("output", [{"CSV": {}}, {"JSON": {}}], ids=["to csv", "to json"])
def test_events_equal_those_of_boto3(
    s3: awsio.Client, boto: Any, key: str, output: dict[str, Any]
) -> None:
    expected = list(boto.select_object_content(**select(key, output))["Payload"])

    events = list(s3.select_object_content(**select(key, output)).Payload)

    assert events == expected
    assert [*events[-1]] == ["End"]
    assert any("Stats" in event for event in events)


@pytest.mark.usefixtures("boto")
def test_the_payload_is_a_file_that_pandas_reads(s3: awsio.Client) -> None:
    with s3.select_object_content(**select("people.csv", {"CSV": {}})).Payload as stream:
        con = stream(connection=True)
        frame = pd.read_csv(con.payload(), names=["name", "age"], dtype=str)

    assert frame.to_dict("records") == PEOPLE


@pytest.mark.usefixtures("boto")
def test_the_payload_gives_json_lines(s3: awsio.Client) -> None:
    response = s3.select_object_content(**select("people.json", {"JSON": {}}))

    with response.Payload(connection=True) as con:
        rows = [json.loads(line) for line in io.TextIOWrapper(con.payload(), "utf-8")]

    assert rows == PEOPLE


@pytest.mark.usefixtures("boto")
def test_an_error_before_the_stream_is_the_modelled_one(s3: awsio.Client) -> None:
    request = select("people.csv", {"CSV": {}}) | {"Bucket": "no-such-bucket"}

    with pytest.raises(ClientError) as caught:
        s3.select_object_content(**request)

    assert caught.value.response["Error"]["Code"] == "NoSuchBucket"
