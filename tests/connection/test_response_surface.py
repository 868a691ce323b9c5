"""What httr2 tells of a response, told of a connection."""

from __future__ import annotations

import datetime
import io
import logging
from collections.abc import Callable
from typing import Any

import pytest

from awsio import PawsConnection
from awsio.connection import Exchange, SentRequest
from awsio.errors import HttpStatusError
from tests.support.frames import CONVERSE
from tests.support.wire import Answer

Connect = Callable[..., PawsConnection]
REQUEST = SentRequest("POST", "https://host/path", {"authorization": "secret"}, b"{}")
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
WHEN = datetime.datetime(1994, 11, 6, 8, 49, 37, tzinfo=datetime.UTC)


@pytest.fixture
def answer(connect: Connect) -> Callable[..., PawsConnection]:
    """Connect to an answer with a status and headers."""

    def ask(status: int = 200, **headers: str) -> PawsConnection:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        content_type = headers.pop("content-type", None)
        said = Answer(CONVERSE, status=status, content_type=content_type, headers=headers)
        return connect(said, exchange=Exchange(REQUEST, 0.5))

    return ask


@pytest.mark.parametrize("status", [200, 204, 302, 399])
def test_a_status_below_400_is_no_error(status: int, answer: Connect) -> None:
    con = answer(status)
    assert not con.is_error
    con.raise_for_status()


@pytest.mark.parametrize("status", [400, 404, 503])
def test_a_status_of_400_and_above_is_an_error(status: int, answer: Connect) -> None:
    con = answer(status)
    assert con.is_error
    with pytest.raises(HttpStatusError, match=f"{status} .*https://host/path") as caught:
        con.raise_for_status()
    assert (caught.value.status_code, caught.value.reason) == (status, con.reason)


def test_an_error_without_a_known_url_says_its_status(connect: Connect) -> None:
    with pytest.raises(HttpStatusError) as caught:
        connect(Answer(CONVERSE, status=500)).raise_for_status()
    assert str(caught.value) == "500 Answer"


@pytest.mark.parametrize(
    ("content_type", "media_type", "encoding"),
    [
        ("text/event-stream", "text/event-stream", "utf-8"),
        ("Text/Plain; charset=ISO-8859-1", "text/plain", "iso-8859-1"),
        ('text/csv; header=present; charset="utf-16"', "text/csv", "utf-16"),
        (None, None, "utf-8"),
    ],
)
def test_the_content_type_names_media_type_and_encoding(
    content_type: str | None, media_type: str | None, encoding: str, answer: Connect
) -> None:
    con = answer(**({"content_type": content_type} if content_type else {}))
    assert (con.content_type, con.charset) == (media_type, encoding)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        (DATE, WHEN),
        ("Sun, 06 Nov 1994 08:49:37 -0000", WHEN),  # a time that names no zone is UTC
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_date_is_an_aware_time(
    date: str, expected: datetime.datetime | None, answer: Connect
) -> None:
    assert answer(date=date).date == expected


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "120"}, 120.0),
        ({"retry_after": "Sun, 06 Nov 1994 08:50:37 GMT", "date": DATE}, 60.0),
        ({"retry_after": "Sun, 06 Nov 1994 08:48:37 GMT", "date": DATE}, 0.0),
        ({"retry_after": DATE}, 0.0),  # long ago, by the clock of this machine
        ({"retry_after": "-5"}, None),
        ({"retry_after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_in_seconds(
    headers: dict[str, str], seconds: float | None, answer: Connect
) -> None:
    assert answer(**headers).retry_after == seconds


def test_the_request_is_there_with_its_secrets_masked_in_print(answer: Connect) -> None:
    con = answer()
    assert con.request == REQUEST
    assert (con.method, con.url, con.elapsed) == ("POST", "https://host/path", 0.5)
    assert "secret" not in repr(con.request)


def test_bytes_that_no_response_brought_have_no_surface() -> None:
    con: Any = PawsConnection(io.BytesIO(), verbosity=1)
    assert con.request is con.date is con.retry_after is con.status_code is None
    assert con.charset == "utf-8"
    con.raise_for_status()


def test_without_a_known_request_the_response_alone_is_told(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="awsio")
    connect(Answer(CONVERSE), verbosity=1)
    (told,) = [record.getMessage() for record in caplog.records if record.name == "awsio"]
    assert told.startswith("<- 200 ")


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "X-Amz-Security-Token",
        "x-amz-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "X-Api-Key",
    ],
)
def test_headers_that_hold_secrets_are_masked(name: str) -> None:
    request = SentRequest("GET", "https://host/", {name: "hush"})
    assert repr(request) == f"SentRequest(GET https://host/, {{{name!r}: '***'}})"


def test_the_signature_in_a_url_is_masked() -> None:
    url = "https://host/?X-Amz-Signature=hush&X-Amz-Security-Token=hush&page=seen"
    shown = repr(SentRequest("GET", url))
    assert "hush" not in shown
    assert "page=seen" in shown
