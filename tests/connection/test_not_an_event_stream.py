"""Bodies that are something else."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from awsio import EventParser, PawsConnection
from awsio.errors import NotAnEventStreamError, PreludeChecksumError
from tests.support.frames import CONVERSE, CONVERSE_EVENTS
from tests.support.wire import EVENT_STREAM, Answer

Connect = Callable[..., PawsConnection]

JSON = b'{"message": "the gateway says no", "code": 17}'
HTML = b"<!DOCTYPE html><html><body>Sign in first</body></html>"
SSE = b'data: {"type": "message_start"}\n\n'
BODIES = {
    "json": (JSON, "application/json"),
    "json with a charset": (JSON, "application/json; charset=utf-8"),
    "html": (HTML, "text/html"),
    "sse": (SSE, "text/event-stream"),
    "shorter than a prelude": (b'{"a": 1}', "application/json"),
    "one byte": (b"x", "text/plain"),
    "text under the right type": (JSON, EVENT_STREAM),
    "short text under the right type": (b"no", EVENT_STREAM),
    "text without a type": (JSON, None),
    "zeros under a wrong type": (bytes(100), "image/png"),
}
CASES = pytest.mark.parametrize(("body", "media_type"), BODIES.values(), ids=BODIES.keys())


@CASES
def test_it_is_said_with_status_type_and_head(
    connect: Connect, converse: EventParser, framing: str, body: bytes, media_type: str | None
) -> None:
    answer = Answer([body], framing, status=203, content_type=media_type)
    con = connect(answer, converse)
    for _ in range(2):
        with pytest.raises(NotAnEventStreamError) as caught:
            con.read_event()
        error = caught.value
        assert (error.status_code, error.content_type) == (203, media_type)
        assert error.head == body
        assert repr(body[:20])[2:-1] in str(error)
    assert not con.is_framed()
    assert not con.is_complete()


@CASES
def test_its_bytes_can_still_be_read(
    connect: Connect, converse: EventParser, body: bytes, media_type: str | None
) -> None:
    con = connect(Answer([body[:5], body[5:]], content_type=media_type), converse)
    with pytest.raises(NotAnEventStreamError):
        con.read_event()
    assert con.read(1) == body[:1]
    assert con.read() == body[1:]
    assert con.read() == b""
    with pytest.raises(NotAnEventStreamError):
        con.read_event()


@CASES
def test_as_bytes_it_is_a_body_like_any_other(
    connect: Connect, body: bytes, media_type: str | None
) -> None:
    assert connect(Answer([body], content_type=media_type)).readall() == body


def test_read_as_bytes_to_its_end_it_has_no_event(connect: Connect) -> None:
    con = connect(Answer([HTML], content_type="text/html"))
    assert con.readall() == HTML
    assert con.read_event() is None
    assert con.is_complete()


def test_it_is_complete_when_all_its_bytes_were_taken(connect: Connect) -> None:
    con = connect(Answer([b"no"], content_type="text/plain"))
    with pytest.raises(NotAnEventStreamError):
        con.read_event()
    assert not con.is_complete()
    assert con.read(1) == b"n"
    assert not con.is_complete()
    assert con.read(1) == b"o"
    assert con.read(1) == b""
    assert con.is_complete()


def test_the_head_is_no_longer_than_256_bytes(connect: Connect) -> None:
    con = connect(Answer([b"a" * 1000], content_type="text/plain"))
    with pytest.raises(NotAnEventStreamError) as caught:
        con.read_event()
    assert caught.value.head == b"a" * 256


@pytest.mark.parametrize("media_type", ["application/json", "text/html", None])
def test_the_right_body_under_a_wrong_type_is_read(
    connect: Connect, converse: EventParser, media_type: str | None
) -> None:
    con = connect(Answer(CONVERSE, content_type=media_type), converse)
    assert list(con) == CONVERSE_EVENTS


def test_a_damaged_first_frame_is_damage(connect: Connect) -> None:
    damaged = CONVERSE[0][:8] + b"\0\0\0\0" + CONVERSE[0][12:]
    for media_type in (EVENT_STREAM, "application/octet-stream", None):
        con = connect(Answer([damaged], content_type=media_type))
        with pytest.raises(PreludeChecksumError):
            con.read_event()


def test_text_behind_a_frame_is_damage(connect: Connect) -> None:
    con = connect(Answer([CONVERSE[0], JSON], content_type="application/json"))
    assert con.read_event() is not None
    with pytest.raises(PreludeChecksumError):
        con.read_event()


def test_without_a_response_nothing_is_known_of_it() -> None:
    with pytest.raises(NotAnEventStreamError) as caught:
        PawsConnection(io.BytesIO(JSON)).read_event()
    assert (caught.value.status_code, caught.value.content_type) == (None, None)
