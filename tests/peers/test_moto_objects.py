"""Objects of a real S3, moto's: an attached client under boto3's own users of it."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import pandas as pd
import pytest
from boto3.s3.transfer import TransferConfig

import awsio
from awsio.clients.body_handler import BodyHandler

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BUCKET = "objects"
DATA = os.urandom(700_000)
CSV = b"name,n\nan\xc3\xa4,1\nbob,22\n"
DOCUMENTS = [{"n": number, "text": "\xe9\n" * number} for number in range(300)]
# Small parts: a download of several of them at once, in threads.
PARTS = TransferConfig(multipart_threshold=100_000, multipart_chunksize=100_000, max_concurrency=4)


@pytest.fixture(scope="module")
def resource(moto: Any) -> Iterator[Any]:
    """Give boto3's resource, whose client is attached."""
    made = boto3.resource(
        "s3",
        region_name="us-east-1",
        endpoint_url=moto.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client = awsio.attach(made.meta.client)
    client.create_bucket(Bucket=BUCKET)
    lines = b"".join(json.dumps(document).encode() + b"\n" for document in DOCUMENTS)
    for key, body in {"data": DATA, "people.csv": CSV, "documents": lines, "empty": b""}.items():
        client.put_object(Bucket=BUCKET, Key=key, Body=body, ChecksumAlgorithm="SHA256")
    yield made
    client.close()


def body_of(resource: Any, key: str, **more: Any) -> BodyHandler:
    response = resource.meta.client.get_object(Bucket=BUCKET, Key=key, **more)
    body: BodyHandler = response["Body"]
    assert isinstance(body, BodyHandler)
    return body


def test_the_checksum_is_sent_and_checked_whichever_way_it_is_read(resource: Any) -> None:
    response = resource.meta.client.get_object(Bucket=BUCKET, Key="data")
    response["Body"].close()
    assert response["ChecksumSHA256"]
    assert body_of(resource, "data").read() == DATA
    assert body_of(resource, "data")(connection=True).read() == DATA
    assert b"".join(body_of(resource, "data")(lambda piece: piece)) == DATA


def test_an_empty_object_and_a_range(resource: Any) -> None:
    assert body_of(resource, "empty")(connection=True).read() == b""
    assert body_of(resource, "empty")(len) == []
    assert body_of(resource, "data", Range="bytes=5-9")(connection=True).read() == DATA[5:10]


def test_lines_documents_and_tables(resource: Any) -> None:
    con = body_of(resource, "people.csv")(connection=True)
    assert awsio.resp_stream_lines(con, 2) == ["name,n", "an\xe4,1"]
    assert list(body_of(resource, "documents")(connection=True).iter_json()) == DOCUMENTS
    with body_of(resource, "people.csv")(connection=True) as con:
        table = pd.read_csv(io.BufferedReader(con))
    assert table.n.tolist() == [1, 22]


@pytest.mark.parametrize("config", [None, PARTS], ids=["in one", "in parts"])
def test_boto3s_transfers_go_on_working(resource: Any, tmp_path: Path, config: Any) -> None:
    client = resource.meta.client
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(DATA)
    client.upload_file(str(source), BUCKET, "up", Config=config)
    client.download_file(BUCKET, "up", str(target), Config=config)
    assert target.read_bytes() == DATA
    buffer = io.BytesIO()
    resource.Bucket(BUCKET).download_fileobj("data", buffer, Config=config)
    assert buffer.getvalue() == DATA
    client.upload_fileobj(body_of(resource, "data"), BUCKET, "copy", Config=config)
    assert resource.Object(BUCKET, "copy").get()["Body"].read() == DATA


def test_the_resources_objects_give_handlers(resource: Any) -> None:
    body = resource.Object(BUCKET, "people.csv").get()["Body"]
    assert isinstance(body, awsio.StreamHandler)
    assert list(body.iter_lines()) == CSV.splitlines()
