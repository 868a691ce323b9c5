"""Credentials that botocore fetches or refuses to send: they work with an endpoint of one's own."""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import SSLError

import awsio
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS
from tests.support.tls import make_certificate
from tests.support.wire import EVENT_STREAM, Answer, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_URL = "https://start.example.com/start"
SSO_CONFIG = f"""
[profile sso]
sso_start_url = {START_URL}
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = reader
region = us-east-1
"""
READ_A_STREAM = f"""
import awsio

with awsio.bedrockruntime(credentials={{"profile": "sso"}}) as client:
    print(len(list(client.converse_stream(**{CONVERSE_CALL!r}).stream)))
"""


class Bedrock(HTTPServer):
    """A server of Converse streams behind TLS.

    Attributes:
        url: where it answers.
        authorizations: the header of each request.
    """

    def __init__(self, certificate: Path) -> None:
        super().__init__(("127.0.0.1", 0), ConverseHandler)
        self.url = f"https://127.0.0.1:{self.server_port}"
        self.authorizations: list[str | None] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that does not trust the certificate breaks off."""


class ConverseHandler(BaseHTTPRequestHandler):
    """Answers every POST with the same stream."""

    server: Bedrock

    def do_POST(self) -> None:
        """Note who asks, and answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.authorizations.append(self.headers["Authorization"])
        body = b"".join(CONVERSE)
        self.send_response(200)
        self.send_header("Content-Type", EVENT_STREAM)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def bedrock(certificate: Path) -> Iterator[Bedrock]:
    with Bedrock(certificate) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def converse(endpoint: str, **options: Any) -> list[Any]:
    with awsio.bedrockruntime(endpoint=endpoint, region="us-east-1", **options) as client:
        return list(client.converse_stream(**CONVERSE_CALL).stream)


def test_a_bearer_token_goes_over_tls_to_an_endpoint_of_one_s_own(
    bedrock: Bedrock, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "token-1")
    assert converse(bedrock.url) == CONVERSE_EVENTS
    assert bedrock.authorizations == ["Bearer token-1"]


def test_a_bearer_token_goes_to_nobody_whom_the_bundle_does_not_know(
    bedrock: Bedrock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "token-1")
    with pytest.raises(SSLError):
        converse(bedrock.url)
    assert bedrock.authorizations == []


def test_anonymous_calls_go_over_tls_without_any_authorization(
    bedrock: Bedrock, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert converse(bedrock.url, credentials={"anonymous": True}) == CONVERSE_EVENTS
    assert bedrock.authorizations == [None]


@pytest.fixture
def signed_in(tmp_path: Path) -> dict[str, str]:
    """Write an SSO profile and the token of its session; give the environment for them."""
    (tmp_path / "config").write_text(SSO_CONFIG)
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"startUrl": START_URL, "accessToken": "sso-token", "expiresAt": "2999-01-01T00:00:00Z"}
    name = hashlib.sha1(START_URL.encode()).hexdigest()  # noqa: S324 - the file name of AWS's tools
    (cache / f"{name}.json").write_text(json.dumps(token))
    return {"HOME": str(tmp_path), "AWS_CONFIG_FILE": str(tmp_path / "config")}


def test_a_profile_of_sso_signs_with_the_keys_that_its_cached_token_fetches(
    server: WireServer, signed_in: dict[str, str]
) -> None:
    keys = {"accessKeyId": "ASIASSO", "secretAccessKey": "s", "sessionToken": "session"}
    role = json.dumps({"roleCredentials": {**keys, "expiration": 32503680000000}}).encode()
    server.answer(
        Answer([role], "length", content_type="application/json"),
        Answer(CONVERSE),
    )
    endpoints = {f"AWS_ENDPOINT_URL_{name}": server.url for name in ("SSO", "BEDROCK_RUNTIME")}

    # A process of its own: botocore settles where the home is when it is imported.
    result = subprocess.run(
        [sys.executable, "-c", READ_A_STREAM],
        env={**os.environ, **signed_in, **endpoints},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (result.stdout, result.stderr) == (f"{len(CONVERSE_EVENTS)}\n", "")
    (portal, _), (call, _) = server.requests
    assert portal.startswith("GET /federation/credentials?")
    assert "role_name=reader" in portal
    assert "x-amz-sso_bearer_token: sso-token" in portal
    assert "Credential=ASIASSO/" in call
    assert "X-Amz-Security-Token: session" in call
