from __future__ import annotations

import array
import copy
import doctest
import importlib
import pickle
from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

import pytest

from awsio.errors import (
    DuplicateHeaderError,
    FrameError,
    FrameLengthError,
    FrameTooLargeError,
    HeaderError,
    MessageChecksumError,
    PreludeChecksumError,
    TruncatedStreamError,
)
from awsio.eventstream import (
    MAX_HEADERS,
    MAX_PAYLOAD,
    Byte,
    Frame,
    FrameDecoder,
    encode_frame,
    encode_headers,
)
from awsio.eventstream.decoder import BATCH

SealedFrame = Callable[..., bytes]

MIB = 1024 * 1024
TOKEN = Frame(
    {":event-type": "contentBlockDelta", ":content-type": "application/json"},
    b'{"contentBlockIndex":0,"delta":{"text":" token"},"p":"abcdefghijklmnopqrstuvwxyz"}',
)
ENCODED = TOKEN.encode()


def feed(data: bytes, **limits: int) -> FrameDecoder:
    decoder = FrameDecoder(**limits)
    decoder.feed(data)
    return decoder


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def facts(error: Exception) -> tuple[Any, ...]:
    return type(error), str(error), vars(error)


def failure(decoder: FrameDecoder) -> FrameError | TruncatedStreamError:
    with pytest.raises((FrameError, TruncatedStreamError)) as caught:
        decoder.next_frame()
    return caught.value


# Bytes in, frames out.


def test_nothing_fed_is_no_frame() -> None:
    decoder = FrameDecoder()
    assert decoder.next_frame() is None
    assert list(decoder) == []
    assert decoder.buffered == b""


@pytest.mark.parametrize("size", [1, 2, 3, 7, 12, 16, 100, 10_000])
def test_frames_come_whatever_the_pieces(size: int) -> None:
    frames = [TOKEN, Frame({}, b"y" * 500), Frame(), Frame({"n": Byte(1)}, b"x"), TOKEN, Frame()]
    ends = list(accumulate(len(frame.encode()) for frame in frames))
    decoder = FrameDecoder()
    found: list[Frame] = []
    fed = 0
    for piece in pieces(b"".join(frame.encode() for frame in frames), size):
        decoder.feed(piece)
        fed += len(piece)
        found.extend(decoder)
        assert len(found) == bisect_right(ends, fed)
    assert found == frames
    assert decoder.buffered == b""


def test_a_frame_comes_with_its_last_byte_and_not_before() -> None:
    decoder = FrameDecoder()
    for byte in ENCODED[:-1]:
        decoder.feed(bytes((byte,)))
        assert decoder.next_frame() is None
    decoder.feed(ENCODED[-1:])
    assert decoder.next_frame() == TOKEN
    assert decoder.next_frame() is None


def test_frames_wait_until_they_are_asked_for() -> None:
    decoder = FrameDecoder()
    for piece in pieces(ENCODED * 3, 50):
        decoder.feed(piece)
    assert decoder.buffered == ENCODED * 3
    assert decoder.next_frame() == TOKEN
    assert decoder.buffered == ENCODED * 2
    decoder.feed(ENCODED)
    assert list(decoder) == [TOKEN] * 3


def test_iteration_takes_what_is_complete_and_may_be_begun_again() -> None:
    decoder = feed(ENCODED + ENCODED[:20])
    assert list(decoder) == [TOKEN]
    assert list(decoder) == []
    decoder.feed(ENCODED[20:])
    assert list(decoder) == [TOKEN]


def test_the_payload_of_a_frame_is_bytes_of_its_own() -> None:
    frame = feed(ENCODED * 2).next_frame()
    assert frame is not None
    assert type(frame.payload) is bytes
    assert frame.payload == TOKEN.payload


def test_frames_with_equal_header_blocks_keep_the_types_of_each() -> None:
    frames = [Frame({"n": value}) for value in (1, 2, True, False, Byte(1), Byte(2), "1", b"1")]
    found = list(feed(b"".join(frame.encode() for frame in frames * 3)))
    assert found == frames * 3


def test_frames_with_the_same_header_block_cannot_change_each_other() -> None:
    one, other = feed(ENCODED * 2)
    with pytest.raises(TypeError):
        one.headers[":event-type"] = "End"
    assert other == TOKEN


@pytest.mark.parametrize("make", [bytearray, memoryview, lambda data: array.array("B", data)])
def test_any_buffer_of_bytes_can_be_fed(make: Callable[[bytes], Any]) -> None:
    decoder = FrameDecoder()
    decoder.feed(make(ENCODED[:30]))
    decoder.feed(make(ENCODED[30:]))
    assert list(decoder) == [TOKEN]


def test_a_buffer_may_change_after_it_was_fed() -> None:
    decoder = FrameDecoder()
    for part in (ENCODED[:30], ENCODED[30:]):
        buffer = bytearray(part)
        decoder.feed(buffer)
        buffer[:] = b"\xff" * len(part)
        buffer.clear()  # and it is not held
    assert list(decoder) == [TOKEN]


def test_a_view_of_wider_items_or_with_gaps_is_its_bytes() -> None:
    data = encode_frame({}, b"1234")
    spread = bytearray(2 * len(data))
    spread[::2] = data
    decoder = feed(data[:3])
    decoder.feed(data[3:])
    decoder.feed(memoryview(array.array("I", data)))
    decoder.feed(memoryview(spread)[::2])
    assert [frame.payload for frame in decoder] == [b"1234"] * 3


@pytest.mark.parametrize("data", [5, "text", None, [1, 2], 1.5])
def test_what_is_no_bytes_is_refused_and_leaves_the_decoder_as_it_was(data: Any) -> None:
    decoder = feed(ENCODED[:30])
    with pytest.raises(TypeError):
        decoder.feed(data)
    assert decoder.buffered == ENCODED[:30]


# The end.


def test_the_end_after_a_whole_frame_is_none_again_and_again() -> None:
    decoder = feed(ENCODED)
    decoder.feed_eof()
    decoder.feed_eof()
    assert decoder.next_frame() == TOKEN
    assert [decoder.next_frame() for _ in range(3)] == [None] * 3


def test_an_empty_stream_has_an_end_too() -> None:
    decoder = FrameDecoder()
    decoder.feed_eof()
    assert decoder.next_frame() is None


@pytest.mark.parametrize("data", [b"x", b"", ENCODED])
def test_nothing_can_be_fed_after_the_end(data: bytes) -> None:
    decoder = feed(ENCODED)
    decoder.feed_eof()
    with pytest.raises(ValueError, match="feed_eof"):
        decoder.feed(data)
    assert list(decoder) == [TOKEN]


@pytest.mark.parametrize("cut", range(1, len(ENCODED)))
def test_the_end_inside_a_frame_is_an_error_after_the_frames_before(cut: int) -> None:
    decoder = feed(ENCODED)
    decoder.feed(ENCODED[: cut // 2])
    decoder.feed(ENCODED[cut // 2 : cut])
    decoder.feed_eof()
    assert decoder.next_frame() == TOKEN
    error = failure(decoder)
    assert isinstance(error, TruncatedStreamError)
    assert error.buffered == cut
    assert error.missing == (None if cut < 12 else len(ENCODED) - cut)
    assert f"after {cut} bytes" in str(error)
    assert ("short of its end" in str(error)) is (cut >= 12)
    assert facts(failure(decoder)) == facts(error)
    assert decoder.buffered == ENCODED[:cut]


def test_the_end_may_come_while_a_frame_is_waited_for() -> None:
    decoder = feed(ENCODED[:50])
    assert decoder.next_frame() is None
    decoder.feed_eof()
    error = failure(decoder)
    assert isinstance(error, TruncatedStreamError)
    assert (error.buffered, error.missing) == (50, len(ENCODED) - 50)


# Malformed frames.


@pytest.mark.parametrize("at", range(12))
def test_a_damaged_prelude_is_found_by_its_checksum(at: int) -> None:
    damaged = bytearray(ENCODED)
    damaged[at] ^= 0x40
    error = failure(feed(damaged[:12]))
    assert type(error) is PreludeChecksumError
    assert error.expected ^ error.computed
    if at < 8:
        assert error.expected == int.from_bytes(ENCODED[8:12], "big")
    else:
        assert error.computed == int.from_bytes(ENCODED[8:12], "big")
    assert f"0x{error.expected:08x}" in str(error)
    assert f"0x{error.computed:08x}" in str(error)


@pytest.mark.parametrize("at", [*range(12, len(ENCODED), 7), -4, -3, -2, -1])
def test_damage_behind_the_prelude_is_found_by_the_message_checksum(at: int) -> None:
    damaged = bytearray(ENCODED)
    damaged[at] ^= 0x01
    error = failure(feed(bytes(damaged)))
    assert type(error) is MessageChecksumError
    assert error.expected == int.from_bytes(damaged[-4:], "big")
    assert error.computed != error.expected


@pytest.mark.parametrize("total", [0, 1, 12, 15])
def test_a_total_length_below_16_is_no_frame(sealed_frame: SealedFrame, total: int) -> None:
    for headers_length in (0, 2**32 - 1):
        data = sealed_frame(total=total, headers_length=headers_length)
        error = failure(feed(data[:12]))
        assert type(error) is FrameLengthError
        assert (error.total_length, error.headers_length) == (total, headers_length)
        assert str(error) == f"a frame of {total} bytes: the shortest frame has 16"


@pytest.mark.parametrize("headers_length", [5, 6, MAX_HEADERS + 1, 2**32 - 1])
def test_headers_longer_than_their_frame_are_no_frame(
    sealed_frame: SealedFrame, headers_length: int
) -> None:
    error = failure(feed(sealed_frame(total=20, headers_length=headers_length)[:12]))
    assert type(error) is FrameLengthError
    assert (error.total_length, error.headers_length) == (20, headers_length)
    assert str(error) == f"{headers_length} bytes of headers in a frame of 20 bytes"


def test_headers_may_fill_their_frame() -> None:
    frame = Frame({"n": True})
    assert list(feed(frame.encode())) == [frame]


@pytest.mark.parametrize(
    ("limits", "accepted"),
    [({}, MAX_PAYLOAD), ({"max_payload": 10}, 10), ({"max_payload": 0}, 0)],
)
def test_a_payload_above_its_limit_is_refused_by_the_prelude_alone(
    sealed_frame: SealedFrame, limits: dict[str, int], accepted: int
) -> None:
    assert feed(sealed_frame(total=16 + accepted)[:12], **limits).next_frame() is None
    error = failure(feed(sealed_frame(total=16 + accepted + 1)[:12], **limits))
    assert type(error) is FrameTooLargeError
    assert (error.part, error.length, error.limit) == ("payload", accepted + 1, accepted)
    assert str(error) == f"payload of {accepted + 1} bytes is above the limit of {accepted}"


@pytest.mark.parametrize(
    ("limits", "accepted"),
    [({}, MAX_HEADERS), ({"max_headers": 10}, 10), ({"max_headers": 0}, 0)],
)
def test_headers_above_their_limit_are_refused_by_the_prelude_alone(
    sealed_frame: SealedFrame, limits: dict[str, int], accepted: int
) -> None:
    def prelude(headers_length: int) -> bytes:
        return sealed_frame(total=200_000, headers_length=headers_length)[:12]

    assert feed(prelude(accepted), **limits).next_frame() is None
    error = failure(feed(prelude(accepted + 1), **limits))
    assert type(error) is FrameTooLargeError
    assert (error.part, error.length, error.limit) == ("headers", accepted + 1, accepted)


def test_a_frame_at_both_limits_is_read() -> None:
    block = encode_headers({"n": b"x" * 95})
    frame = Frame({"n": b"x" * 95}, b"y" * 50)
    assert list(feed(frame.encode(), max_headers=len(block), max_payload=50)) == [frame]


def test_the_default_limits_are_24_mib_and_128_kib() -> None:
    decoder = FrameDecoder()
    assert (decoder.max_payload, decoder.max_headers) == (24 * MIB, 128 * 1024)


def test_malformed_headers_in_a_sound_frame_are_header_errors(sealed_frame: SealedFrame) -> None:
    assert type(failure(feed(sealed_frame(b"\x00")))) is HeaderError
    twice = encode_headers({"n": True}) * 2
    error = failure(feed(sealed_frame(twice)))
    assert type(error) is DuplicateHeaderError
    assert error.name == "n"


# Errors are latched.


def damages(seal: SealedFrame) -> dict[str, bytes]:
    return {
        "prelude": b"\x00" + ENCODED[1:-1] + b"\x00",
        "message": ENCODED[:-1] + bytes((ENCODED[-1] ^ 1,)),
        "length": seal(total=3),
        "limit": seal(total=2**31),
        "header": seal(b"\x00"),
        "duplicate": seal(encode_headers({"n": True}) * 2),
    }


@pytest.mark.parametrize("kind", ["prelude", "message", "length", "limit", "header", "duplicate"])
def test_an_error_stays_after_whatever_is_done_to_the_decoder(
    sealed_frame: SealedFrame, kind: str
) -> None:
    damaged = damages(sealed_frame)[kind]
    decoder = feed(ENCODED + damaged + ENCODED)
    assert decoder.next_frame() == TOKEN
    error = failure(decoder)
    assert facts(failure(decoder)) == facts(error)
    with pytest.raises(type(error)):
        list(decoder)
    assert decoder.buffered == damaged + ENCODED
    decoder.feed(ENCODED)
    assert facts(failure(decoder)) == facts(error)
    assert decoder.take_buffered() == damaged + ENCODED * 2
    assert decoder.buffered == b""
    assert facts(failure(decoder)) == facts(error)
    decoder.feed(ENCODED)
    assert facts(failure(decoder)) == facts(error)
    decoder.feed_eof()
    assert facts(failure(decoder)) == facts(error)


def test_every_frame_before_the_damage_is_delivered() -> None:
    decoder = feed(ENCODED * 5 + b"x" * 12)
    frames = iter(decoder)
    assert [next(frames) for _ in range(5)] == [TOKEN] * 5
    with pytest.raises(PreludeChecksumError):
        next(frames)


def test_raising_a_latched_error_again_does_not_make_it_grow() -> None:
    decoder = feed(b"x" * 12)

    def depth() -> int:
        traceback, count = failure(decoder).__traceback__, 0
        while traceback is not None:
            traceback, count = traceback.tb_next, count + 1
        return count

    assert len({depth() for _ in range(10)} | {depth()}) <= 2
    assert failure(decoder).__context__ is None


# The bytes given up.


def test_bytes_can_be_taken_back_between_frames_and_inside_one() -> None:
    decoder = feed(ENCODED + ENCODED[:30])
    assert decoder.next_frame() == TOKEN
    assert decoder.next_frame() is None  # it knows the length of the second by now
    decoder.feed(ENCODED[30:40])
    assert decoder.buffered == ENCODED[:40]
    assert decoder.take_buffered() == ENCODED[:40]
    assert decoder.take_buffered() == decoder.buffered == b""
    decoder.feed(Frame().encode())
    assert list(decoder) == [Frame()]


def test_bytes_taken_back_are_no_truncation() -> None:
    decoder = feed(ENCODED[:30])
    assert decoder.next_frame() is None
    assert decoder.take_buffered() == ENCODED[:30]
    decoder.feed_eof()
    assert decoder.next_frame() is None


def test_damage_behind_frames_that_are_not_taken_is_no_error_yet() -> None:
    damaged = ENCODED[:-1] + bytes((ENCODED[-1] ^ 1,))
    decoder = feed(ENCODED + damaged + ENCODED)
    assert decoder.next_frame() == TOKEN
    assert decoder.take_buffered() == damaged + ENCODED
    decoder.feed(ENCODED)
    assert decoder.next_frame() == TOKEN


def test_take_frames_returns_what_is_complete_up_to_the_limit() -> None:
    decoder = feed(ENCODED * 5 + ENCODED[:30])
    assert decoder.take_frames(2) == [TOKEN] * 2
    assert decoder.buffered == ENCODED * 3 + ENCODED[:30]
    assert decoder.take_frames(100) == [TOKEN] * 3
    assert decoder.take_frames(100) == []
    assert decoder.buffered == ENCODED[:30]


def test_take_frames_begins_no_frame_after_a_batch_of_bytes() -> None:
    long = Frame({}, bytes(BATCH))
    decoder = feed(ENCODED + long.encode() * 2)
    assert decoder.take_frames(100) == [TOKEN, long]
    assert decoder.take_frames(100) == [long]


def test_take_frames_returns_the_good_frames_before_it_raises() -> None:
    decoder = feed(ENCODED * 2 + ENCODED[:-1] + b"?")
    assert decoder.take_frames(100) == [TOKEN] * 2
    for _ in range(2):
        with pytest.raises(MessageChecksumError):
            decoder.take_frames(100)
    decoder = feed(ENCODED + ENCODED[:30])
    decoder.feed_eof()
    assert decoder.take_frames(100) == [TOKEN]
    with pytest.raises(TruncatedStreamError):
        decoder.take_frames(100)


def test_a_decoded_frame_keeps_its_length_on_the_wire() -> None:
    frame = feed(ENCODED).next_frame()
    assert frame is not None
    assert frame.wire_length == len(ENCODED)
    assert TOKEN.wire_length is None
    for again in (copy.copy(frame), pickle.loads(pickle.dumps(frame))):  # noqa: S301 - our own
        assert (again, again.wire_length) == (TOKEN, len(ENCODED))


# Documentation.


@pytest.mark.parametrize("name", ["boundaries", "decoder", "frame", "headers"])
def test_the_examples_in_the_docstrings_hold(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"awsio.eventstream.{name}"))
    assert result.failed == 0
    assert result.attempted > 0 or name != "decoder"


def test_a_decoder_offers_bytes_in_frames_out_and_nothing_else() -> None:
    """What threads, sockets or readers need is not its business."""
    names = {name for name in dir(FrameDecoder) if not name.startswith("_")}
    assert names == {
        "feed",
        "feed_eof",
        "next_frame",
        "take_frames",
        "buffered",
        "is_empty",
        "take_buffered",
        "max_payload",
        "max_headers",
    }
    assert [name for name in vars(FrameDecoder()) if not name.startswith("_")] == []
