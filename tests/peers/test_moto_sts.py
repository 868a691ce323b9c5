"""Roles: the keys that moto's STS gives out sign the requests of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import awsio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
[profile reader]
role_arn = arn:aws:iam::123456789012:role/reader
role_session_name = reading
source_profile = base
region = us-east-1

[profile base]
aws_access_key_id = AKIDBASE
aws_secret_access_key = secret
"""
SELECT: dict[str, Any] = {
    "Bucket": "roles",
    "Key": "row",
    "ExpressionType": "SQL",
    "Expression": "SELECT * FROM S3Object",
    "InputSerialization": {"CSV": {}},
    "OutputSerialization": {"CSV": {}},
}


@pytest.fixture
def profile(moto: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a profile that assumes a role, which only the local STS gives."""
    (tmp_path / "config").write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", moto.url)
    return "reader"


@pytest.fixture
def s3(moto: Any, profile: str) -> Iterator[awsio.Client]:
    with awsio.s3(credentials={"profile": profile}, endpoint=moto.url) as client:
        client.create_bucket(Bucket="roles")
        client.put_object(Bucket="roles", Key="row", Body=b"a,1")
        yield client
        client.delete_object(Bucket="roles", Key="row")
        client.delete_bucket(Bucket="roles")


@pytest.mark.usefixtures("moto")
def test_a_profile_that_assumes_a_role_signs_streams_with_the_role_s_keys(
    s3: awsio.Client, profile: str
) -> None:
    with awsio.sts(credentials={"profile": profile}) as sts:
        identity = sts.get_caller_identity()
    assert identity.Arn == "arn:aws:sts::123456789012:assumed-role/reader/reading"
    signed: list[Any] = []
    s3.meta.events.register("before-send.s3", lambda request, **_: signed.append(request))

    events = list(s3.select_object_content(**SELECT).Payload)

    assert events[0] == {"Records": {"Payload": b"a,1\n"}}
    (request,) = signed
    assert b"AKIDBASE" not in request.headers["Authorization"]
    assert b"Credential=ASIA" in request.headers["Authorization"]
    assert request.headers["X-Amz-Security-Token"]
