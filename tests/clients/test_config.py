"""Configuration in paws's form and in botocore's."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ProfileNotFound

import awsio
from awsio.errors import ConfigError
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from pathlib import Path

Send = Callable[..., str]


@pytest.fixture
def send(server: WireServer) -> Send:
    """Make a client with given settings, call, and give the request's head."""

    def make_and_call(config: Any = None, **options: Any) -> str:
        server.answer(Answer(CONVERSE))
        options.setdefault("region", "us-east-1")
        options.setdefault("endpoint", server.url)
        with awsio.client("bedrock-runtime", config, **options) as client:
            list(client.converse_stream(**CONVERSE_CALL).stream)
        return server.requests[-1][0]

    return make_and_call


@pytest.mark.parametrize(
    "key",
    [
        {"access_key_id": "AKIDPAWS", "secret_access_key": "s", "session_token": "tok"},
        {
            "aws_access_key_id": "AKIDPAWS",
            "aws_secret_access_key": "s",
            "aws_session_token": "tok",
        },
    ],
    ids=["paws", "boto3"],
)
@pytest.mark.parametrize("place", ["config", "credentials", "creds"])
def test_a_key_in_every_form_and_place(send: Send, key: dict[str, str], place: str) -> None:
    if place == "config":
        head = send({"credentials": {"creds": {**key, "provider_name": "x", "expiration": 1}}})
    elif place == "credentials":
        head = send(credentials={"creds": key})
    else:
        head = send(credentials=key)
    assert "Credential=AKIDPAWS/" in head
    assert "X-Amz-Security-Token: tok" in head


def test_a_credentials_object(send: Send) -> None:
    assert "Credential=AKIDOBJECT/" in send(credentials=Credentials("AKIDOBJECT", "s"))
    nested = {"credentials": Credentials("AKIDOBJECT", "s")}
    assert "Credential=AKIDOBJECT/" in send(nested)


def test_arguments_go_before_the_nested_ones(send: Send, server: WireServer) -> None:
    config = {
        "credentials": {"creds": {"access_key_id": "AKIDCONFIG", "secret_access_key": "s"}},
        "endpoint": "http://127.0.0.1:9",
        "region": "eu-west-1",
    }
    head = send(config, credentials=Credentials("AKIDARGUMENT", "s"), endpoint=server.url)
    assert "Credential=AKIDARGUMENT/" in head
    assert "/us-east-1/bedrock/" in head
    head = send(config, credentials={"access_key_id": "AKIDDICT", "secret_access_key": "s"})
    assert "Credential=AKIDDICT/" in head


def test_endpoint_and_region_of_the_nested_form(send: Send, server: WireServer) -> None:
    key = {"access_key_id": "AKID", "secret_access_key": "s"}
    config = {"credentials": {"creds": key}, "endpoint": server.url, "region": "eu-west-1"}
    assert "/eu-west-1/bedrock/" in send(config, endpoint=None, region=None)
    key["region"] = "eu-west-3"
    config = {"credentials": {"creds": key}, "endpoint": server.url}
    assert "/eu-west-3/bedrock/" in send(config, endpoint=None, region=None)


def test_a_profile_of_the_shared_configuration(
    send: Send, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        "[profile work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = s\n"
        "region = eu-north-1\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for options in (
        {"config": {"credentials": {"profile": "work"}}},
        {"credentials": {"profile": "work"}},
    ):
        head = send(**options, region=None)
        assert "Credential=AKIDWORK/" in head
        assert "/eu-north-1/bedrock/" in head
    with pytest.raises(ProfileNotFound):
        send(credentials={"profile": "absent"})


def test_keys_and_region_of_the_environment(
    send: Send, monkeypatch: pytest.MonkeyPatch, server: WireServer
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    # A session of its own: the default one may have read the environment already.
    session = botocore.session.Session()
    head = send(region=None, session=session)
    assert "Credential=AKIDENV/" in head
    assert "/ap-south-1/bedrock/" in head
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
    assert send(endpoint=None, session=session)


def test_anonymous_signs_nothing(send: Send) -> None:
    for options in (
        {"config": {"credentials": {"anonymous": True}}},
        {"credentials": {"anonymous": True}},
    ):
        assert "authorization" not in send(**options).lower()
    key = {"access_key_id": "AKID", "secret_access_key": "s"}
    assert "Credential=AKID/" in send(credentials={"anonymous": False, "creds": key})


def test_a_bearer_token_of_the_environment_with_an_endpoint_of_one_s_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "token-1")
    # botocore sends tokens over TLS only: the request is looked at before it goes out.
    client = awsio.client("bedrock-runtime", region="us-east-1", endpoint="https://127.0.0.1:9")
    seen = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        seen.append((request.url, request.headers["Authorization"]))
        return AWSResponse(request.url, 200, {}, io.BytesIO(b"".join(CONVERSE)))

    client.meta.events.register("before-send.bedrock-runtime", answer)
    assert len(list(client.converse_stream(**CONVERSE_CALL).stream)) == len(CONVERSE)
    assert seen == [("https://127.0.0.1:9/model/model-1/converse-stream", b"Bearer token-1")]


def test_botocore_s_config_is_taken_whole(send: Send) -> None:
    key = {"access_key_id": "AKID", "secret_access_key": "s"}
    head = send(Config(user_agent_extra="mine/1", read_timeout=7), credentials=key)
    assert "mine/1" in head
    client = awsio.client("s3", Config(read_timeout=7), region="us-east-1", credentials=key)
    assert client.meta.config.read_timeout == 7
    client = awsio.client("s3", Config(region_name="eu-west-1"), credentials=key)
    assert client.meta.region_name == "eu-west-1"
    unsigned = awsio.client("s3", Config(read_timeout=7), credentials={"anonymous": True})
    assert unsigned.meta.config.read_timeout == 7


def test_timeout_and_path_style_are_options_of_botocore_s() -> None:
    client = awsio.client("s3", {"timeout": 3, "s3_force_path_style": True}, region="us-east-1")
    assert client.meta.config.connect_timeout == client.meta.config.read_timeout == 3
    assert client.meta.config.s3["addressing_style"] == "path"
    client = awsio.client("s3", {"s3_force_path_style": False}, region="us-east-1")
    assert (client.meta.config.s3 or {}).get("addressing_style") != "path"


def test_close_connection_uses_no_http_connection_twice(server: WireServer) -> None:
    server.answer(Answer(CONVERSE))
    key = {"access_key_id": "AKID", "secret_access_key": "s"}
    for close, expected in ((True, 3), (False, 1)):
        before = server.accepted
        config = {"close_connection": close, "endpoint": server.url, "region": "us-east-1"}
        with awsio.client("bedrock-runtime", config, credentials=key) as client:
            for _ in range(3):
                list(client.converse_stream(**CONVERSE_CALL).stream)
        closing = [head for head, _ in server.requests[-3:] if "Connection: close" in head]
        assert len(closing) == (3 if close else 0)
        if not close:
            assert server.accepted - before == expected


@pytest.mark.parametrize("empty", [None, ""])
def test_what_is_left_empty_is_not_set(send: Send, empty: str | None) -> None:
    key = {"access_key_id": "AKID", "secret_access_key": "s", "session_token": empty}
    config = {"endpoint": empty, "region": empty, "timeout": empty, "credentials": {"creds": key}}
    assert "Credential=AKID/" in send(config)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"credential": {}}, "did you mean credentials"),
        ({"credentials": {"cred": {}}}, "did you mean creds"),
        ({"credentials": {"creds": {"access_key": "x"}}}, "did you mean access_key_id"),
        ({"zzz": 1}, "it has"),
        ({"credentials": "secret"}, "takes a dict, not a str"),
        ({"credentials": {"creds": 5}}, "takes a dict, not a int"),
        (["region"], "takes a dict, not a list"),
        ({5: 1}, "no key 5"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_wrong_keys_and_kinds_are_told(config: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        awsio.client("s3", config, region="us-east-1")


def test_a_secret_is_in_no_message() -> None:
    with pytest.raises(ConfigError) as caught:
        awsio.client("s3", credentials={"creds": {"secret_acces_key": "hunter2"}})
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        awsio.client("s3", credentials="hunter2")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "credentials", [Credentials("AKID", "s"), {"profile": "work"}], ids=["object", "profile"]
)
def test_a_second_identity_beside_a_session_is_refused(credentials: Any) -> None:
    for session in (boto3.Session(), botocore.session.Session()):
        with pytest.raises(ConfigError, match="session"):
            awsio.client("s3", region="us-east-1", session=session, credentials=credentials)


def test_a_key_beside_a_session_signs(send: Send) -> None:
    session = boto3.Session(aws_access_key_id="AKIDSESSION", aws_secret_access_key="s")
    key = {"access_key_id": "AKIDKEY", "secret_access_key": "s"}
    assert "Credential=AKIDKEY/" in send(session=session, credentials=key)
