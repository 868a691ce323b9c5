from __future__ import annotations

import array
import tracemalloc
from collections.abc import Callable

import pytest

from awsio.eventstream import encode_frame
from awsio.eventstream.boundaries import FrameBoundaries, looks_like_text
from awsio.eventstream.layout import is_prelude

SealedFrame = Callable[..., bytes]

FIRST = encode_frame({":event-type": "First"}, b"payload")
SECOND = encode_frame({}, b"")


def state(boundaries: FrameBoundaries) -> tuple[bool, bool, int | None, bool]:
    return boundaries.at_boundary, boundaries.inside_frame, boundaries.missing, boundaries.lost


AT_BOUNDARY = (True, False, 0, False)
LOST = (False, False, None, True)


UNSEEN = (False, False, None, False)  # too little to know whether these are frames at all


def inside(missing: int | None) -> tuple[bool, bool, int | None, bool]:
    return (False, True, missing, False)


def test_the_beginning_is_a_border() -> None:
    assert state(FrameBoundaries()) == AT_BOUNDARY
    assert not FrameBoundaries().seen_prelude


def test_whole_frames_end_at_a_border() -> None:
    boundaries = FrameBoundaries()
    boundaries.advance(FIRST + SECOND + FIRST)
    assert state(boundaries) == AT_BOUNDARY
    assert boundaries.seen_prelude
    boundaries.advance(SECOND)
    assert state(boundaries) == AT_BOUNDARY


def test_no_bytes_change_nothing() -> None:
    boundaries = FrameBoundaries()
    boundaries.advance(b"")
    assert state(boundaries) == AT_BOUNDARY
    boundaries.advance(FIRST[:2])
    boundaries.advance(b"")
    assert state(boundaries) == UNSEEN
    boundaries.advance(FIRST[2:15])
    boundaries.advance(b"")
    assert state(boundaries) == inside(len(FIRST) - 15)


def test_each_byte_of_the_first_frame_is_followed_and_its_prelude_seen_first() -> None:
    boundaries = FrameBoundaries()
    for count, byte in enumerate(FIRST[:-1], 1):
        boundaries.advance(bytes((byte,)))
        assert state(boundaries) == (UNSEEN if count < 12 else inside(len(FIRST) - count))
    boundaries.advance(FIRST[-1:])
    assert state(boundaries) == AT_BOUNDARY


def test_each_byte_of_a_later_frame_is_followed() -> None:
    boundaries = FrameBoundaries()
    boundaries.advance(SECOND)
    for count, byte in enumerate(FIRST[:-1], 1):
        boundaries.advance(bytes((byte,)))
        assert state(boundaries) == inside(None if count < 4 else len(FIRST) - count)
    boundaries.advance(FIRST[-1:])
    assert state(boundaries) == AT_BOUNDARY


@pytest.mark.parametrize("head", range(1, 4))
def test_a_length_in_pieces_after_whole_frames_is_put_together(head: int) -> None:
    boundaries = FrameBoundaries()
    boundaries.advance(SECOND + FIRST[:head])
    assert state(boundaries) == inside(None)
    boundaries.advance(FIRST[head:] + SECOND)
    assert state(boundaries) == AT_BOUNDARY


@pytest.mark.parametrize("size", [1, 5, 11, 12, 13, 1000])
@pytest.mark.parametrize("data", [bytes(20), b"\x00\x00\x00\x20no prelude", FIRST[1:]])
def test_bytes_that_begin_with_no_prelude_have_no_borders(data: bytes, size: int) -> None:
    boundaries = FrameBoundaries()
    for start in range(0, len(data), size):
        boundaries.advance(data[start : start + size])
        assert boundaries.lost is (start + size >= 12)
        assert not boundaries.seen_prelude
    assert state(boundaries) == LOST
    boundaries.advance(FIRST)
    assert state(boundaries) == LOST


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("data", [b"<html>", b"{}", b"\n\ndata: {}", b"\tx", b"\rx", b" ", b"\xef"])
def test_text_is_known_by_its_first_byte(data: bytes, size: int) -> None:
    assert looks_like_text(data)
    boundaries = FrameBoundaries()
    for start in range(0, len(data), size):
        boundaries.advance(data[start : start + size])
        assert state(boundaries) == LOST


@pytest.mark.parametrize("head", [b"", FIRST, FIRST[:1], b"\x01", b"\x0b", b"\x0c", b"\x1f"])
def test_what_a_frame_can_begin_with_is_no_text(head: bytes) -> None:
    assert not looks_like_text(head)
    boundaries = FrameBoundaries()
    boundaries.advance(head[:11])
    assert not boundaries.lost


def test_text_behind_a_frame_is_read_as_a_length() -> None:
    boundaries = FrameBoundaries()
    boundaries.advance(SECOND + b"<")
    assert state(boundaries) == inside(None)


def test_a_first_prelude_with_lengths_that_no_frame_has_is_none(
    sealed_frame: SealedFrame,
) -> None:
    for lengths in ({"total": 15}, {"total": 20, "headers_length": 5}):
        boundaries = FrameBoundaries()
        boundaries.advance(sealed_frame(**lengths))
        assert state(boundaries) == LOST


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_later_length_that_no_frame_has_loses_the_borders_for_good(
    sealed_frame: SealedFrame, size: int
) -> None:
    boundaries = FrameBoundaries()
    data = FIRST + sealed_frame(total=15)
    for start in range(0, len(data), size):
        boundaries.advance(data[start : start + size])
        assert boundaries.lost is (start + size >= len(FIRST) + 4)
    assert state(boundaries) == LOST
    boundaries.advance(FIRST)
    assert state(boundaries) == LOST


def test_later_frames_are_followed_by_their_lengths_alone() -> None:
    boundaries = FrameBoundaries()
    boundaries.advance(SECOND + b"\x00\x00\x00\x10" + b"no checksum!")
    assert state(boundaries) == AT_BOUNDARY


def test_the_longest_frame_is_no_loss(sealed_frame: SealedFrame) -> None:
    # Its first byte is one that text has, too, but its prelude came as a whole.
    boundaries = FrameBoundaries()
    boundaries.advance(sealed_frame(total=2**32 - 1)[:12])
    assert state(boundaries) == inside(2**32 - 1 - 12)
    assert boundaries.seen_prelude


def test_a_prelude_is_told_by_its_checksum_and_its_lengths(sealed_frame: SealedFrame) -> None:
    assert is_prelude(FIRST)
    assert is_prelude(FIRST[:12])
    assert is_prelude(memoryview(bytearray(FIRST)))
    assert is_prelude(sealed_frame(total=16))
    assert is_prelude(sealed_frame(total=20, headers_length=4))
    assert not is_prelude(b"")
    assert not is_prelude(FIRST[:11])
    assert not is_prelude(FIRST[:11] + b"x" + FIRST[12:])
    assert not is_prelude(b"x" + FIRST[1:])
    assert not is_prelude(sealed_frame(total=15))
    assert not is_prelude(sealed_frame(total=20, headers_length=5))


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_any_kind_of_bytes_passes(make: Callable[[bytes], bytes]) -> None:
    boundaries = FrameBoundaries()
    boundaries.advance(make(FIRST[:3]))
    boundaries.advance(make(FIRST[3:8]))
    boundaries.advance(make(FIRST[8:] + FIRST[:2]))
    assert state(boundaries) == inside(None)
    boundaries.advance(make(FIRST[2:9]))
    assert state(boundaries) == inside(len(FIRST) - 9)


def test_a_view_of_wider_items_counts_in_bytes() -> None:
    data = encode_frame({}, b"1234") * 2
    boundaries = FrameBoundaries()
    boundaries.advance(memoryview(array.array("I", data)))
    assert state(boundaries) == AT_BOUNDARY


def test_a_view_with_gaps_counts_its_own_bytes() -> None:
    spread = bytearray(2 * len(FIRST))
    spread[::2] = FIRST
    boundaries = FrameBoundaries()
    boundaries.advance(memoryview(spread)[::2])
    assert state(boundaries) == AT_BOUNDARY


def test_a_buffer_may_change_after_it_has_passed() -> None:
    buffer = bytearray(FIRST[:3])
    boundaries = FrameBoundaries()
    boundaries.advance(buffer)
    buffer[:] = b"\xff\xff\xff"
    boundaries.advance(FIRST[3:])
    assert state(boundaries) == AT_BOUNDARY


def test_following_the_borders_copies_nothing() -> None:
    data = encode_frame({}, bytes(100)) * 10_000
    boundaries = FrameBoundaries()
    tracemalloc.start()
    try:
        boundaries.advance(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert state(boundaries) == AT_BOUNDARY
    assert peak < 64 * 1024
