from __future__ import annotations

import array
import copy
import enum
import mmap
import pickle
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from awsio.errors import EventParseError, FrameTooLargeError, HeaderError
from awsio.eventstream import (
    Byte,
    Frame,
    FrameDecoder,
    HeaderValue,
    Long,
    Short,
    Timestamp,
    encode_frame,
)

if TYPE_CHECKING:
    from pathlib import Path

# The empty frame and a frame with a header and a payload, as in botocore's and AWS's own tests.
EMPTY = bytes.fromhex("000000100000000005c248eb7d98c8ff")
JSON = bytes.fromhex(
    "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
    "7b27666f6f273a27626172277d8d9c08b1"
)

EVERY_TYPE: dict[str, HeaderValue] = {
    "true": True,
    "false": False,
    "byte": Byte(1),
    "short": Short(1),
    "integer": 1,
    "long": Long(1),
    "bytes": b"1",
    "string": "1",
    "timestamp": Timestamp(1),
    "uuid": UUID(int=1),
}


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


def decode(data: bytes) -> Frame:
    decoder = FrameDecoder()
    decoder.feed(data)
    frame = decoder.next_frame()
    assert frame is not None
    assert decoder.buffered == b""
    return frame


def typed(headers: Any) -> list[tuple[str, type, HeaderValue]]:
    return [(name, type(value), value) for name, value in headers.items()]


def test_known_frames_have_known_bytes() -> None:
    assert Frame().encode() == encode_frame({}) == EMPTY
    frame = Frame({"content-type": "application/json"}, b"{'foo':'bar'}")
    assert frame.encode() == JSON
    assert decode(JSON) == frame


def test_a_decoded_frame_equals_the_encoded_one_and_keeps_every_wire_type() -> None:
    frame = Frame(EVERY_TYPE, b"\x00\xff")
    decoded = decode(frame.encode())
    assert decoded == frame
    assert typed(decoded.headers) == typed(EVERY_TYPE)
    assert decoded.payload == b"\x00\xff"
    assert type(decoded.payload) is bytes
    assert decoded.encode() == frame.encode()


@pytest.mark.parametrize("value", [Colour.RED, Level.HIGH])
def test_a_frame_with_a_subclass_value_equals_what_it_encodes_to(value: HeaderValue) -> None:
    frame = Frame({"n": value})
    assert decode(frame.encode()) == frame
    assert hash(decode(frame.encode())) == hash(frame)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Frame({"n": 1}), Frame({"n": True})),
        (Frame({"n": 1}), Frame({"n": Byte(1)})),
        (Frame({"n": Short(1)}), Frame({"n": Byte(1)})),
        (Frame({"n": Long(1)}), Frame({"n": Timestamp(1)})),
        (Frame({"n": b"a"}), Frame({"n": "a"})),
        (Frame({"n": 1}), Frame({"m": 1})),
        (Frame({"n": 1}), Frame()),
        (Frame({}, b"a"), Frame({}, b"b")),
        (Frame(), "frame"),
        (Frame(), None),
    ],
)
def test_frames_differ_by_wire_type_header_and_payload(one: Frame, other: object) -> None:
    assert one != other
    assert other != one


def test_equal_frames_hash_alike() -> None:
    frames = {Frame(EVERY_TYPE, b"x"), Frame(dict(EVERY_TYPE), b"x"), Frame({}, b"x")}
    assert len(frames) == 2
    assert Frame({"a": 1, "b": 2}) == Frame({"b": 2, "a": 1})
    assert hash(Frame({"a": 1, "b": 2})) == hash(Frame({"b": 2, "a": 1}))


def test_headers_are_a_read_only_copy() -> None:
    given: dict[str, HeaderValue] = {"n": 1}
    frame = Frame(given)
    given["n"] = 2
    assert frame.headers == {"n": 1}
    with pytest.raises(TypeError):
        frame.headers["n"] = 3


def test_headers_given_as_a_read_only_view_do_not_change_with_what_it_shows() -> None:
    shown: dict[str, HeaderValue] = {"n": 1}
    frame = Frame(MappingProxyType(shown))
    shown["n"] = 2
    assert frame.headers == {"n": 1}


def test_frames_made_without_headers_share_nothing_that_can_change() -> None:
    with pytest.raises(TypeError):
        Frame().headers["n"] = 1
    assert Frame().headers == {}


def test_a_payload_given_in_a_buffer_does_not_change_with_it() -> None:
    buffer = bytearray(b"abc")
    frame = Frame({}, buffer)
    buffer[:] = b"xyz"
    assert frame.payload == b"abc"
    assert hash(frame) == hash(Frame({}, b"abc"))


@pytest.mark.parametrize("make", [bytearray, memoryview])
def test_a_payload_may_be_encoded_from_any_buffer(make: Any) -> None:
    assert encode_frame({}, make(b"abc")) == encode_frame({}, b"abc")


def test_a_payload_is_measured_in_bytes_not_in_items() -> None:
    numbers = memoryview(array.array("I", [1, 2, 3]))
    assert decode(encode_frame({}, numbers)).payload == numbers.tobytes()


def test_a_frame_beyond_its_length_field_is_too_large(tmp_path: Path) -> None:
    length = 2**32 - 16
    path = tmp_path / "sparse"
    path.touch()
    with path.open("r+b") as file:
        file.truncate(length)
        # Pages that nobody reads: a payload of 4 GiB that takes no memory.
        with (
            mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ) as payload,
            pytest.raises(FrameTooLargeError) as caught,
        ):
            encode_frame({}, payload)
    assert (caught.value.length, caught.value.limit) == (2**32, 2**32 - 1)
    assert caught.value.part == "frame"


def test_encoding_refuses_what_no_header_holds() -> None:
    with pytest.raises(HeaderError):
        Frame({"n": 2**31}).encode()


def test_the_special_headers_have_properties() -> None:
    frame = Frame({":message-type": "event", ":event-type": "End", ":content-type": "text/csv"})
    assert (frame.message_type, frame.event_type, frame.content_type) == (
        "event",
        "End",
        "text/csv",
    )
    assert Frame({":exception-type": "ThrottlingException"}).event_type == "ThrottlingException"
    assert (Frame().message_type, Frame().event_type, Frame().content_type) == (None, None, None)


@pytest.mark.parametrize("value", [1, True, b"event", Timestamp(0)])
def test_a_special_header_that_is_no_string_reads_as_absent(value: HeaderValue) -> None:
    names = (":message-type", ":event-type", ":exception-type", ":content-type")
    frame = Frame(dict.fromkeys(names, value), b"{}")
    assert (frame.message_type, frame.event_type, frame.content_type) == (None, None, None)
    assert frame.body == b"{}"


@pytest.mark.parametrize(
    ("content_type", "payload", "body"),
    [
        ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
        ("application/json", b"", None),
        ("Application/JSON; charset=utf-8", b"1", 1),
        (" application/json ;x", b"1", 1),
        ("application/x-amz-json-1.1", b"1", b"1"),
        ("application/problem+json", b"1", 1),
        ("text/json", b"1", 1),
        ("application/jsonlines", b"1", b"1"),
        ("text/plain", "h\u00e9".encode(), "h\u00e9"),
        ("text/plain", b"", ""),
        ("TEXT/csv; header=present", b"a,b", "a,b"),
        ("application/octet-stream", b"\xff", b"\xff"),
        ("", b"1", b"1"),
        (None, b"1", b"1"),
    ],
)
def test_the_body_follows_the_content_type(
    content_type: str | None, payload: bytes, body: object
) -> None:
    headers = {} if content_type is None else {":content-type": content_type}
    assert Frame(headers, payload).body == body


@pytest.mark.parametrize(
    ("content_type", "payload"),
    [
        ("application/json", b"{"),
        ("application/json", b"\xff"),
        ("application/json", b"[" * 100_000),
        ("application/json", b"9" * 5000),
        ("text/plain", b"\xff"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_a_parse_error(
    content_type: str, payload: bytes
) -> None:
    frame = Frame({":content-type": content_type}, payload)
    with pytest.raises(EventParseError, match=f"the payload is not {content_type}") as caught:
        _ = frame.body
    assert caught.value.frame is frame


def test_a_frame_is_copied_and_pickled_at_every_protocol() -> None:
    frame = decode(Frame(EVERY_TYPE, b"x").encode())
    copies = [copy.copy(frame), copy.deepcopy(frame)]
    copies += [
        pickle.loads(pickle.dumps(frame, protocol))  # noqa: S301 - our own bytes
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ]
    for each in copies:
        assert each == frame
        assert typed(each.headers) == typed(EVERY_TYPE)
        with pytest.raises(TypeError):
            each.headers["n"] = 1


def test_the_repr_shows_headers_and_only_the_head_of_a_long_payload() -> None:
    assert repr(Frame({"n": Byte(1)}, b"x" * 40)) == f"Frame({{'n': Byte(1)}}, {b'x' * 40!r})"
    shown = repr(Frame({}, b"y" * 40 + b"z" * 1_000_000))
    assert shown == f"Frame({{}}, {b'y' * 40!r}... 1000040 bytes)"
