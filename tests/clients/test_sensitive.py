"""What an operation's model marks sensitive is not shown, whatever its name is."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from botocore.model import ServiceModel
from botocore.session import Session

import awsio
from awsio.errors import HttpStatusError
from awsio.events.sensitive import sensitive_members, sensitive_names, sensitive_output
from awsio.masking import masked_headers, masked_url
from awsio.testing import LocalServer
from tests.support.calls import S3_CALL
from tests.support.frames import event
from tests.support.wire import Answer, WireServer

if TYPE_CHECKING:
    from pathlib import Path


def placed(location: str, name: str, shape: str = "Whisper") -> dict[str, str]:
    return {"shape": shape, "location": location, "locationName": name}


#: A service that no botocore has. What its model calls sensitive has names that say nothing.
WHISPERER: dict[str, Any] = {
    "version": "2.0",
    "metadata": {
        "apiVersion": "2020-01-01",
        "endpointPrefix": "whisperer",
        "protocol": "rest-json",
        "protocols": ["rest-json"],
        "serviceFullName": "Whisperer",
        "serviceId": "Whisperer",
        "signatureVersion": "v4",
        "uid": "whisperer-2020-01-01",
    },
    "operations": {
        "Listen": {
            "name": "Listen",
            "http": {"method": "GET", "requestUri": "/rooms/{room}/{ear}/{rest+}?v=1"},
            "input": {"shape": "In"},
            "output": {"shape": "Out"},
        },
        "Fetch": {
            "name": "Fetch",
            "http": {"method": "GET", "requestUri": "/fetch"},
            "output": {"shape": "Fetched"},
        },
    },
    "shapes": {
        "In": {
            "type": "structure",
            "required": ["room", "ear", "rest"],
            "members": {
                "room": placed("uri", "room", "Text"),
                "ear": placed("uri", "ear"),
                "rest": placed("uri", "rest"),
                "asked": placed("querystring", "asked"),
                "open": placed("querystring", "open", "Text"),
                "mood": placed("header", "X-Mood"),
                "moods": placed("header", "X-Moods", "Whispers"),
                "colour": placed("header", "X-Colour", "Text"),
                "notes": placed("headers", "x-note-", "Notes"),
            },
        },
        "Out": {
            "type": "structure",
            "members": {"echo": placed("header", "X-Echo"), "stream": {"shape": "Stream"}},
            "payload": "stream",
        },
        "Fetched": {
            "type": "structure",
            "members": {
                "echo": placed("header", "X-Echo"),
                "notes": placed("headers", "x-note-", "Notes"),
                "said": {"shape": "Text"},
            },
        },
        "Stream": {
            "type": "structure",
            "eventstream": True,
            "members": {"word": {"shape": "Word"}},
        },
        "Word": {"type": "structure", "event": True, "members": {"text": {"shape": "Text"}}},
        "Whisper": {"type": "string", "sensitive": True},
        "Whispers": {"type": "list", "member": {"shape": "Whisper"}},
        "Notes": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Whisper"}},
        "Text": {"type": "string"},
    },
}
CALL: dict[str, Any] = {
    "room": "hall",
    "ear": "HUSHED1",
    "rest": "HUSHED2/HUSHED3",
    "asked": "HUSHED4",
    "open": "seen",
    "mood": "HUSHED5",
    "moods": ["HUSHED6"],
    "colour": "red",
    "notes": {"a": "HUSHED7"},
}
HEADERS = {"X-Echo": "HUSHED8", "X-Plain": "seen too", "x-note-b": "HUSHED9"}


@pytest.fixture
def whisperer(server: WireServer, tmp_path: Path) -> Any:
    """Make a client of the service."""
    folder = tmp_path / "whisperer" / "2020-01-01"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text(json.dumps(WHISPERER))
    session = Session()
    session.get_component("data_loader").search_paths.append(str(tmp_path))
    session.set_credentials("AKIDEXAMPLE", "secret")
    made = session.create_client("whisperer", region_name="us-east-1", endpoint_url=server.url)
    yield made
    made.close()


def test_neither_the_log_nor_a_repr_nor_an_error_shows_it(
    whisperer: Any, server: WireServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "awsio")
    server.answer(Answer([event("word", {"text": "hello"})], headers=HEADERS))
    response = awsio.attach(whisperer, verbosity=3).listen(**CALL)
    with response["stream"](connection=True) as con:
        assert con.request is not None
        assert con.request.headers["X-Mood"] == "HUSHED5"
        assert [*con] == [{"word": {"text": "hello"}}]
    told = [record.getMessage() for record in caplog.records]
    for shown in (*told, repr(con.request), repr(con), repr(con._exchange)):  # noqa: SLF001
        assert "HUSHED" not in shown
    request, answer = told[:2]
    assert f"{server.url}/rooms/hall/***/***?" in request
    assert "asked=***" in request
    assert "open=seen" in request
    assert "'X-Colour': 'red'" in request
    assert "'X-Plain': 'seen too'" in answer


def test_an_error_for_the_status_does_not_show_it(whisperer: Any, server: WireServer) -> None:
    server.answer(Answer([event("word", {"text": "hello"})]))
    stream = awsio.attach(whisperer).listen(**CALL)["stream"]
    with stream(connection=True) as con:
        con._http.status = 418  # noqa: SLF001 - a client raises its own error before that
        with pytest.raises(HttpStatusError, match="rooms/hall") as caught:
            con.raise_for_status()
        assert "HUSHED" not in str(caught.value)


def test_what_is_found_is_kept_for_the_next_call(
    whisperer: Any, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []

    def find(model: Any) -> Any:
        found.append(model.name)
        return sensitive_names(model)

    monkeypatch.setattr("awsio.clients.attach.sensitive_names", find)
    server.answer(Answer([event("word", {"text": "hello"})]))
    attached = awsio.attach(whisperer)
    for _ in range(3):
        attached.listen(**CALL)["stream"].close()
    assert found == ["Listen"]


def test_the_repr_of_a_response_shows_no_secret_of_its_headers(
    whisperer: Any, server: WireServer
) -> None:
    signed = "https://b/k?X-Amz-Signature=HUSHED&versionId=3"
    headers = {**HEADERS, "Set-Cookie": "id=HUSHED", "Location": signed}
    server.answer(
        Answer([b'{"said": "words"}'], "length", content_type="application/json", headers=headers)
    )
    response = awsio.Client(whisperer).fetch()
    assert response["ResponseMetadata"]["HTTPHeaders"]["set-cookie"] == "id=HUSHED"
    shown = repr(response)
    assert shown == str(response)
    assert "HUSHED" not in shown
    assert (response.echo, response.notes) == ("HUSHED8", {"b": "HUSHED9"})
    assert "'x-plain': 'seen too'" in shown
    assert "X-Amz-Signature=***&versionId=3" in shown
    assert "'said': 'words'" in shown


@pytest.mark.parametrize(
    "members",
    [{}, {"ResponseMetadata": None}, {"ResponseMetadata": {"HTTPHeaders": None}}, {"a": 1}],
    ids=str,
)
def test_the_repr_of_a_response_without_headers_is_that_of_a_dict(members: dict[str, Any]) -> None:
    assert repr(awsio.Response(members)) == repr(members)


def test_a_recorded_request_shows_no_secret_argument() -> None:
    with LocalServer() as server:
        client = server.client("s3")
        key = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "HUSHED" * 5 + "ab"}
        list(client.select_object_content(**S3_CALL, **key).Payload)
        (request,) = server.requests
    assert request.params["SSECustomerKey"]
    shown = repr(request)
    assert request.params["SSECustomerKey"] not in shown
    assert "'SSECustomerKey': '***'" in shown
    assert S3_CALL["Expression"] in shown


def test_a_request_of_no_operation_shows_no_secret_of_its_headers() -> None:
    with LocalServer() as server, urllib3.PoolManager() as pool:
        pool.request(
            "TRACE", f"{server.url}/nowhere", headers={"X-Token": "HUSHED", "X-Mood": "seen"}
        )
        (request,) = server.requests
    assert request.headers["x-token"] == "HUSHED"
    shown = repr(request)
    assert shown.startswith("RecordedRequest(no operation, TRACE /nowhere, params={}, headers={")
    assert "HUSHED" not in shown
    assert "'x-mood': 'seen'" in shown


# The model alone


def operation(name: str) -> Any:
    return ServiceModel(WHISPERER, "whisperer").operation_model(name)


def test_what_is_sensitive_is_found_in_every_place() -> None:
    names = sensitive_names(operation("Listen"))
    assert names.headers == {"x-mood", "x-moods", "x-echo"}
    assert names.header_prefixes == ("x-note-",)
    assert names.query == {"asked"}
    assert sensitive_members(operation("Listen").input_shape) == set(CALL) - {
        "room",
        "open",
        "colour",
    }


def test_an_operation_without_input_has_what_its_output_has() -> None:
    names = sensitive_names(operation("Fetch"))
    assert names == sensitive_output(operation("Fetch").output_shape)
    assert names.path is None
    assert sensitive_output(None).headers == frozenset()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://h/rooms/a/b/c?asked=1&v=1", "http://h/rooms/a/***/***?asked=***&v=1"),
        ("http://h:1/base/rooms/a/b/c/d", "http://h:1/base/rooms/a/***/***"),
        ("http://u:p@h/rooms/a/b/c#end", "http://***@h/rooms/a/***/***#end"),
        ("http://h/elsewhere/b", "http://h/elsewhere/b"),
        ("http://h", "http://h"),
        ("http://h?asked=1", "http://h?asked=***"),
    ],
)
def test_a_url_is_shown_without_what_is_sensitive(url: str, shown: str) -> None:
    assert masked_url(url, sensitive_names(operation("Listen"))) == shown


def test_a_header_is_masked_by_its_beginning_too() -> None:
    sensitive = sensitive_names(operation("Listen"))
    assert masked_headers({"X-Note-A": "x", "X-Not": "y"}, sensitive) == {
        "X-Note-A": "***",
        "X-Not": "y",
    }
