"""Servers of other projects, and clients of them.

A server that is not installed skips the tests that want it. What a server has written is
shown beside the tests that failed with it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import boto3
import pytest
from botocore.config import Config

import awsio
from tests.support.processes import ServerProcess, answers, free_port, listens
from tests.support.tls import make_certificate

NODE_FOLDER = "AWSIO_PEERS_NODE"
REGION = "us-east-1"
KEY = "test"


class Clients(NamedTuple):
    """Three clients of one service at one server."""

    plain: Any
    attached: Any
    own: awsio.Client


MakeClients: TypeAlias = Callable[[str, str], Clients]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the output of the servers that a failed test used into its report."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, ServerProcess):
                report.sections.append((f"output of {name}", value.output))
    return report


@pytest.fixture(scope="session", autouse=True)
def clean_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let nothing of the machine's own AWS configuration count."""
    folder = tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="module")
def make_clients() -> Iterator[MakeClients]:
    """Make boto3's client, an attached one and awsio's own, of a service at a URL."""
    config = Config(inject_host_prefix=False, retries={"total_max_attempts": 1}, read_timeout=20)
    session = boto3.Session(KEY, KEY, region_name=REGION)

    with ExitStack() as stack:

        def make(service: str, url: str) -> Clients:
            plain, attached = (
                session.client(service, endpoint_url=url, config=config) for _ in range(2)
            )
            key = {"access_key_id": KEY, "secret_access_key": KEY}
            own = awsio.client(service, config, credentials=key, endpoint=url, region=REGION)
            clients = Clients(plain, awsio.attach(attached), own)
            for client in clients:
                stack.callback(client.close)
            return clients

        yield make


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start moto's server."""
    for package in ("moto", "flask", "flask_cors"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed, of which moto's server is made")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    folder = tmp_path_factory.mktemp("moto")
    with ServerProcess(command, folder, url, lambda: answers(f"{url}/moto-api/")) as server:
        yield server


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Start ministack."""
    if find_spec("ministack") is None:
        pytest.skip("ministack is not installed")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    command = [sys.executable, "-m", "ministack"]
    folder = tmp_path_factory.mktemp("ministack")
    ready = f"{url}/_ministack/health"
    with ServerProcess(command, folder, url, lambda: answers(ready), environment) as server:
        yield server


class KinesisLocal(ServerProcess):
    """kinesis-local, which answers at two addresses.

    Attributes:
        urls: one without TLS, ``http``, and one with it, ``https``.
        certificate: that of the latter.
    """

    urls: dict[str, str]
    certificate: Path


@pytest.fixture(scope="session")
def kinesis_local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KinesisLocal]:
    """Start kinesis-local, with a certificate made for it."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed, which runs kinesis-local")
    packages = Path(os.environ.get(NODE_FOLDER, "node")) / "node_modules"
    program = packages / "kinesis-local" / "main.js"
    if not program.is_file():
        pytest.skip(f"npm has put no kinesis-local into the folder that {NODE_FOLDER} names")
    folder = tmp_path_factory.mktemp("kinesis-local")
    certificate = make_certificate(folder)
    text = certificate.read_text()
    at = text.index("-----BEGIN CERTIFICATE")
    identity = {"server": {"key": text[:at], "cert": text[at:]}}
    (folder / "server.json").write_text(json.dumps(identity))
    plain, tls = free_port(), free_port()
    durations = ("CREATE_STREAM", "DELETE_STREAM", "REGISTER_STREAM_CONSUMER")
    environment = {
        "KINESIS_MOCK_PLAIN_PORT": str(plain),
        "KINESIS_MOCK_TLS_PORT": str(tls),
        "KINESIS_MOCK_CERT_PATH": str(folder / "server.json"),
        **{f"{name}_DURATION": "1ms" for name in durations},
    }
    url = f"http://127.0.0.1:{plain}"
    server = KinesisLocal(
        [node, program], folder, url, lambda: listens(plain) and listens(tls), environment
    )
    server.urls = {"http": url, "https": f"https://127.0.0.1:{tls}"}
    server.certificate = certificate
    with server:
        yield server
