"""Fixtures: clients of awsio and of boto3, at a server on real sockets, and clean settings.

A conftest imports those that its tests use.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import boto3
import pytest
from botocore.config import Config

import awsio
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ("BOTO3_KEY", "KEY", "MakeClient", "boto3_client", "clean_settings", "client", "server")

MakeClient: TypeAlias = Callable[..., Any]

KEY = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}
BOTO3_KEY = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "secret"}


@pytest.fixture
def server() -> Iterator[WireServer]:
    with WireServer() as running:
        yield running


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let nothing of the machine's own AWS configuration count."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def client(server: WireServer) -> Iterator[MakeClient]:
    """Make awsio clients that call the server."""
    made = []

    def make(service: str = "bedrock-runtime", *answers: Answer, **options: Any) -> awsio.Client:
        if answers:
            server.answer(*answers)
        options = {"credentials": KEY, "region": "us-east-1", "endpoint": server.url} | options
        made.append(awsio.client(service, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def boto3_client(server: WireServer) -> Iterator[MakeClient]:
    """Make boto3 clients that call the server."""
    made = []

    def make(service: str = "bedrock-runtime", *answers: Answer, **options: Any) -> Any:
        if answers:
            server.answer(*answers)
        # Live Tail's host name has a prefix, which 127.0.0.1 cannot have.
        config = Config(inject_host_prefix=False)
        place = {"region_name": "us-east-1", "endpoint_url": server.url, "config": config}
        options = {**BOTO3_KEY, **place, **options}
        made.append(boto3.client(service, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
