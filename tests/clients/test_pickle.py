"""What may go to another process goes, and what may not says so."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from operator import itemgetter, methodcaller
from typing import TYPE_CHECKING, Any, TypeAlias

import boto3
import botocore.session
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials, RefreshableCredentials

import awsio
from awsio import Response, errors
from awsio.clients.client import default_session
from awsio.events.event import UnknownEvent
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE, event, exception
from tests.support.installed import need
from tests.support.wire import Answer

if TYPE_CHECKING:
    from pathlib import Path

MakeClient: TypeAlias = Callable[..., awsio.Client]

KEY = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "given-secret"}
OTHER = Credentials("AKIDOTHER", "other-secret", "a-token")


@pytest.fixture(scope="module")
def process() -> Iterator[ProcessPoolExecutor]:
    """Give another process, which has nothing of this one's memory."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def again(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - our own


def identity(made: Any) -> tuple[Any, ...]:
    meta = made.meta
    keys = made._request_signer._credentials  # noqa: SLF001 - botocore shows them nowhere else
    frozen = keys and keys.get_frozen_credentials()
    return meta.service_model.service_name, meta.region_name, meta.endpoint_url, frozen


# --- clients ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"region": "eu-west-1", "credentials": KEY},
        {"region": "eu-west-1", "credentials": OTHER},
        {"region": "us-east-1", "endpoint": "http://127.0.0.1:9", "credentials": {"creds": KEY}},
        {"config": {"credentials": {"creds": KEY}, "region": "us-west-2", "timeout": 7}},
        {"config": {"credentials": OTHER, "region": "us-west-2"}},
        {"config": Config(region_name="us-west-1", read_timeout=7), "credentials": KEY},
        {"region": "us-east-1", "credentials": {"anonymous": True}},
        {"region": "us-east-1", "config": Config(signature_version=UNSIGNED)},
    ],
    ids=[
        "key",
        "object",
        "endpoint",
        "dict",
        "object in a dict",
        "Config",
        "anonymous",
        "UNSIGNED",
    ],
)
def test_a_client_is_made_again_with_what_it_was_made_with(options: dict[str, Any]) -> None:
    made = awsio.client("bedrockruntime", **options)
    twin = again(made)
    assert type(twin) is awsio.Client
    assert identity(twin) == identity(made)
    for name in ("read_timeout", "signature_version"):
        assert getattr(twin.meta.config, name) == getattr(made.meta.config, name)


def test_a_client_works_in_another_process_and_its_responses_come_back(
    client: MakeClient, process: ProcessPoolExecutor
) -> None:
    need("bedrock-runtime", "CountTokens")
    made = client(
        "bedrock-runtime",
        Answer([b'{"inputTokens": 12}'], "length", content_type="application/json"),
    )
    call = methodcaller("count_tokens", modelId="m", input={"converse": {}})
    response = process.submit(call, made).result()
    assert type(response).__mro__[1] is Response
    assert response.inputTokens == 12
    with pytest.raises(AttributeError, match="inputTokens"):
        _ = response.inputToken


def test_keys_that_were_not_given_are_not_in_the_pickle_and_are_found_anew(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text(
        "[work]\naws_access_key_id = AKIDFILE\naws_secret_access_key = file-secret\n"
    )
    default_session.cache_clear()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "environment-secret")
    found = awsio.s3(region="us-east-1", credentials={"profile": "work"})
    assert identity(found)[3].secret_key == "file-secret"
    assert identity(again(found)) == identity(found)
    for made in (found, awsio.s3(region="us-east-1")):
        pickled = pickle.dumps(made)
        assert b"secret" not in pickled
        assert b"AKID" not in pickled
    default_session.cache_clear()  # it keeps the keys that it has found
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDLATER")
    assert identity(pickle.loads(pickled))[3].access_key == "AKIDLATER"  # noqa: S301 - ours
    default_session.cache_clear()


def test_the_region_of_the_environment_goes_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    pickled = [
        pickle.dumps(awsio.s3()),
        pickle.dumps(awsio.s3(region="eu-north-1")),
        pickle.dumps(awsio.s3({"region": "eu-north-1"})),
        pickle.dumps(awsio.s3(Config(region_name="eu-north-1"))),
    ]
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    regions = [pickle.loads(one).meta.region_name for one in pickled]  # noqa: S301 - ours
    assert regions == ["ap-south-1", "eu-north-1", "eu-north-1", "eu-north-1"]


def test_what_else_the_constructor_was_given_goes_along(client: MakeClient) -> None:
    limited = awsio.s3(region="us-east-1", credentials=KEY, verbosity=1, idle_timeout=3.5)
    _, (arguments,) = again(limited).__reduce__()
    assert arguments.options == awsio.StreamOptions(verbosity=1, idle_timeout=3.5)
    lax = again(client("bedrock-runtime", Answer(CONVERSE[:2]), require_terminal=False))
    assert len(list(lax.converse_stream(**CONVERSE_CALL).stream)) == 2
    strict = again(client("bedrock-runtime", Answer(CONVERSE[:2])))
    with pytest.raises(errors.IncompleteStreamError):
        list(strict.converse_stream(**CONVERSE_CALL).stream)
    lax.close()
    strict.close()


def test_a_dict_that_is_changed_later_does_not_change_the_client() -> None:
    config = {"credentials": {"creds": dict(KEY)}, "region": "us-west-2"}
    made = awsio.s3(config)
    config["credentials"]["creds"]["secret_access_key"] = "changed"
    config["region"] = "eu-west-1"
    assert identity(again(made)) == identity(made)


def test_a_copy_of_a_client_is_another_client() -> None:
    made = awsio.s3(region="us-east-1", credentials=KEY)
    for twin in (copy.copy(made), copy.deepcopy(made)):
        assert identity(twin) == identity(made)
        assert twin._client is not made._client  # noqa: SLF001 - what is asked


def refreshable() -> RefreshableCredentials:
    return RefreshableCredentials("AKID", "secret", "t", None, dict, "test")


@pytest.mark.parametrize(
    "options", [{"credentials": refreshable()}, {"config": {"credentials": refreshable()}}]
)
def test_credentials_that_refresh_themselves_refuse_and_say_what_to_do(
    options: dict[str, Any],
) -> None:
    made = awsio.client("s3", region="us-east-1", **options)
    with pytest.raises(TypeError, match="profile"):
        pickle.dumps(made)


def test_clients_of_a_session_or_around_another_refuse_and_say_what_to_do() -> None:
    session = boto3.Session("AKID", "secret", region_name="us-east-1")
    for made in (
        awsio.client("s3", session=session),
        awsio.client("s3", session=botocore.session.get_session(), region="us-east-1"),
        awsio.Client(session.client("s3")),
    ):
        for copied in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match=r"awsio\.client\(service.*without session="):
                copied(made)


def test_no_key_shows_in_the_representation_of_what_is_pickled() -> None:
    made = awsio.s3(region="us-east-1", credentials=KEY)
    assert "secret" not in repr(made.__reduce__())


# --- what is live -----------------------------------------------------------------------------


@pytest.mark.parametrize("copied", [pickle.dumps, copy.deepcopy])
def test_a_live_stream_refuses_and_goes_on(
    client: MakeClient, copied: Callable[[Any], Any]
) -> None:
    response = client("bedrock-runtime", Answer(CONVERSE)).converse_stream(**CONVERSE_CALL)
    for live in (response, response.stream, response.stream(connection=True)):
        with pytest.raises(TypeError, match="a live connection cannot be pickled or copied"):
            copied(live)
    for live in (response.stream, response.stream(connection=True)):
        with pytest.raises(TypeError, match="a live connection cannot be pickled or copied"):
            copy.copy(live)
    assert len(list(response.stream)) == len(CONVERSE)


# --- what comes back from another process -----------------------------------------------------


def test_events_frames_and_errors_go_to_another_process_and_back(
    client: MakeClient, process: ProcessPoolExecutor
) -> None:
    failing = exception("throttlingException", "slow down")
    answer = Answer([*CONVERSE[:2], event("novelty", {"a": 1}), failing])
    made = client("bedrock-runtime", answer)
    con = made.converse_stream(**CONVERSE_CALL).stream(connection=True)
    events = [con.read_event() for _ in range(3)]
    with pytest.raises(errors.ServiceStreamError) as caught:
        con.read_event()
    con.close()
    frame = events[2].frame
    sent = (events, frame, caught.value)
    there, frame_there, error_there = process.submit(itemgetter(0), [sent]).result()
    assert there == events
    assert there[1].contentBlockDelta.delta.text == "Hello"
    assert isinstance(there[2], UnknownEvent)
    assert there[2].frame == frame_there == frame
    assert error_there.code == "throttlingException"
    assert error_there.frame == caught.value.frame
    assert str(error_there) == str(caught.value)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_goes_to_another_process_and_back(
    name: str, process: ProcessPoolExecutor
) -> None:
    kind = getattr(errors, name)
    service = issubclass(kind, errors.ServiceStreamError)
    error = kind({"Error": {"Code": "C", "Message": "m"}}, "Op") if service else kind("what")
    twin = process.submit(itemgetter(0), [error]).result()
    assert type(twin) is kind
    assert (str(twin), vars(twin)) == (str(error), vars(error))
