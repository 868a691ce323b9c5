"""What is told to the logger: nothing unless asked, never a secret."""

from __future__ import annotations

import io
import logging
import os
from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio.eventstream import encode_frame
from awsio.testing import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PROMPT = {
    "modelId": "m",
    "messages": [{"role": "user", "content": [{"text": "words of the user"}]}],
}
ANSWER = [
    {"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": "words of the model"}}},
    {"messageStop": {"stopReason": "end_turn"}},
]


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer() as server:
        server.add("bedrock-runtime", "ConverseStream", ANSWER)
        yield server


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="awsio")
    return caplog


def messages(told: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in told.records if record.name == "awsio"]


def converse(server: LocalServer, verbosity: int) -> None:
    credentials = {"access_key_id": "AKID", "secret_access_key": "SECRET", "session_token": "TOKEN"}
    with (
        server.client("bedrock-runtime", credentials=credentials, verbosity=verbosity) as client,
        client.converse_stream(**PROMPT).stream(connection=True) as con,
    ):
        assert con.verbosity == verbosity
        assert [*con] == ANSWER


def test_nothing_is_told_unless_asked(server: LocalServer, told: pytest.LogCaptureFixture) -> None:
    converse(server, 0)
    assert messages(told) == []


def test_what_has_come_is_delivered_before_the_source_is_asked_again_with_a_log_too(
    told: pytest.LogCaptureFixture,
) -> None:
    frame = encode_frame({":message-type": "event", ":event-type": "Stats"}, b"{}")
    descriptor, write_end = os.pipe()
    with awsio.PawsConnection(os.fdopen(descriptor, "rb"), verbosity=2) as con:
        os.write(write_end, frame * 3 + frame[:20])
        assert [con.read_frame(timeout=5).payload for _ in range(3)] == [b"{}"] * 3
        assert con.is_framed()
        os.close(write_end)
    assert len(messages(told)) == 3


def test_1_tells_headers_and_no_payload(
    server: LocalServer, told: pytest.LogCaptureFixture
) -> None:
    converse(server, 1)
    request, response = messages(told)
    assert request.startswith(f"-> POST {server.url}/model/m/converse-stream {{")
    assert response.startswith("<- 200 OK {")
    assert "application/vnd.amazon.eventstream" in response
    assert "words of" not in told.text


def test_2_tells_frames_too(server: LocalServer, told: pytest.LogCaptureFixture) -> None:
    converse(server, 2)
    _request, _response, *frames = messages(told)
    assert len(frames) == len(ANSWER)
    assert "contentBlockDelta" in frames[0]
    assert "words of the model" in frames[0]


def test_3_tells_reads_too(server: LocalServer, told: pytest.LogCaptureFixture) -> None:
    converse(server, 3)
    reads = [message for message in messages(told) if "from the source" in message]
    assert reads[-1] == "<< 0 bytes from the source: its end"
    assert len(reads) > 1


@pytest.mark.parametrize("verbosity", [1, 2, 3])
def test_secrets_are_never_told(
    server: LocalServer, told: pytest.LogCaptureFixture, verbosity: int
) -> None:
    converse(server, verbosity)
    assert "'Authorization': '***'" in told.text
    assert "'X-Amz-Security-Token': '***'" in told.text
    for secret in ("SECRET", "TOKEN", "Signature=", "AKID"):
        assert secret not in told.text


def test_verbosity_may_change_while_the_stream_runs(told: pytest.LogCaptureFixture) -> None:
    wire = encode_frame({":event-type": "A"}, b"1") + encode_frame({":event-type": "B"}, b"2")
    with awsio.PawsConnection(io.BytesIO(wire)) as con:
        con.read_frame()
        con.verbosity = 2
        con.read_frame()
        con.verbosity = 0
        con.read_frame()
        assert con.verbosity == 0
    assert messages(told) == ["<< {':event-type': 'B'} b'2'"]


def test_setting_another_option_logs_no_headers_again(
    server: LocalServer, told: pytest.LogCaptureFixture
) -> None:
    with (
        server.client("bedrock-runtime", verbosity=1) as client,
        client.converse_stream(**PROMPT).stream(connection=True) as con,
    ):
        headers = messages(told)
        con.require_terminal = not con.require_terminal
        assert con.options.verbosity == 1
        assert messages(told) == headers


def test_the_repr_of_a_request_masks_its_secrets(server: LocalServer) -> None:
    with server.client("bedrock-runtime") as client:
        con = client.converse_stream(**PROMPT).stream(connection=True)
        with con:
            assert con.request is not None
            assert "AWS4-HMAC-SHA256" in con.request.headers["Authorization"]
            assert "AWS4-HMAC-SHA256" not in repr(con.request)
            assert b"words of the user" in con.request.body


@pytest.mark.parametrize("verbosity", [4, -1, 10**9])
def test_a_verbosity_that_is_none_is_refused(server: LocalServer, verbosity: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 3"):
        awsio.PawsConnection(io.BytesIO(), verbosity=verbosity)
    with awsio.PawsConnection(io.BytesIO()) as con:
        with pytest.raises(ValueError, match="from 0 to 3"):
            con.verbosity = verbosity
        assert con.verbosity == 0
    with pytest.raises(ValueError, match="from 0 to 3"):
        server.client("bedrock-runtime", verbosity=verbosity)


@pytest.mark.parametrize("verbosity", [True, False, "2", 1.0, None])
def test_a_verbosity_of_another_type_is_refused(server: LocalServer, verbosity: Any) -> None:
    with pytest.raises(TypeError, match="an int from 0 to 3"):
        awsio.PawsConnection(io.BytesIO(), verbosity=verbosity)
    with pytest.raises(TypeError, match="an int from 0 to 3"):
        server.client("bedrock-runtime", verbosity=verbosity)
