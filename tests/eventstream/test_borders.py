from __future__ import annotations

import array
import tracemalloc
from collections.abc import Callable

import pytest

from awsio.eventstream import FrameBorders, encode_frame
from awsio.eventstream.borders import is_prelude, looks_like_text

SealedFrame = Callable[..., bytes]

FIRST = encode_frame({":event-type": "First"}, b"payload")
SECOND = encode_frame({}, b"")


def state(borders: FrameBorders) -> tuple[bool, bool, int | None, bool]:
    return borders.at_border, borders.inside, borders.missing, borders.lost


AT_BORDER = (True, False, 0, False)
LOST = (False, False, None, True)


UNSEEN = (False, False, None, False)  # too little to know whether these are frames at all


def inside(missing: int | None) -> tuple[bool, bool, int | None, bool]:
    return (False, True, missing, False)


def test_the_beginning_is_a_border() -> None:
    assert state(FrameBorders()) == AT_BORDER
    assert not FrameBorders().passed


def test_whole_frames_end_at_a_border() -> None:
    borders = FrameBorders()
    borders.advance(FIRST + SECOND + FIRST)
    assert state(borders) == AT_BORDER
    assert borders.passed
    borders.advance(SECOND)
    assert state(borders) == AT_BORDER


def test_no_bytes_change_nothing() -> None:
    borders = FrameBorders()
    borders.advance(b"")
    assert state(borders) == AT_BORDER
    borders.advance(FIRST[:2])
    borders.advance(b"")
    assert state(borders) == UNSEEN
    borders.advance(FIRST[2:15])
    borders.advance(b"")
    assert state(borders) == inside(len(FIRST) - 15)


def test_each_byte_of_the_first_frame_is_followed_and_its_prelude_seen_first() -> None:
    borders = FrameBorders()
    for count, byte in enumerate(FIRST[:-1], 1):
        borders.advance(bytes((byte,)))
        assert state(borders) == (UNSEEN if count < 12 else inside(len(FIRST) - count))
    borders.advance(FIRST[-1:])
    assert state(borders) == AT_BORDER


def test_each_byte_of_a_later_frame_is_followed() -> None:
    borders = FrameBorders()
    borders.advance(SECOND)
    for count, byte in enumerate(FIRST[:-1], 1):
        borders.advance(bytes((byte,)))
        assert state(borders) == inside(None if count < 4 else len(FIRST) - count)
    borders.advance(FIRST[-1:])
    assert state(borders) == AT_BORDER


@pytest.mark.parametrize("head", range(1, 4))
def test_a_length_in_pieces_after_whole_frames_is_put_together(head: int) -> None:
    borders = FrameBorders()
    borders.advance(SECOND + FIRST[:head])
    assert state(borders) == inside(None)
    borders.advance(FIRST[head:] + SECOND)
    assert state(borders) == AT_BORDER


@pytest.mark.parametrize("size", [1, 5, 11, 12, 13, 1000])
@pytest.mark.parametrize("data", [bytes(20), b"\x00\x00\x00\x20no prelude", FIRST[1:]])
def test_bytes_that_begin_with_no_prelude_have_no_borders(data: bytes, size: int) -> None:
    borders = FrameBorders()
    for start in range(0, len(data), size):
        borders.advance(data[start : start + size])
        assert borders.lost is (start + size >= 12)
        assert not borders.passed
    assert state(borders) == LOST
    borders.advance(FIRST)
    assert state(borders) == LOST


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("data", [b"<html>", b"{}", b"\n\ndata: {}", b"\tx", b"\rx", b" ", b"\xef"])
def test_text_is_known_by_its_first_byte(data: bytes, size: int) -> None:
    assert looks_like_text(data)
    borders = FrameBorders()
    for start in range(0, len(data), size):
        borders.advance(data[start : start + size])
        assert state(borders) == LOST


@pytest.mark.parametrize("head", [b"", FIRST, FIRST[:1], b"\x01", b"\x0b", b"\x0c", b"\x1f"])
def test_what_a_frame_can_begin_with_is_no_text(head: bytes) -> None:
    assert not looks_like_text(head)
    borders = FrameBorders()
    borders.advance(head[:11])
    assert not borders.lost


def test_text_behind_a_frame_is_read_as_a_length() -> None:
    borders = FrameBorders()
    borders.advance(SECOND + b"<")
    assert state(borders) == inside(None)


def test_a_first_prelude_with_lengths_that_no_frame_has_is_none(
    sealed_frame: SealedFrame,
) -> None:
    for lengths in ({"total": 15}, {"total": 20, "headers_length": 5}):
        borders = FrameBorders()
        borders.advance(sealed_frame(**lengths))
        assert state(borders) == LOST


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_later_length_that_no_frame_has_loses_the_borders_for_good(
    sealed_frame: SealedFrame, size: int
) -> None:
    borders = FrameBorders()
    data = FIRST + sealed_frame(total=15)
    for start in range(0, len(data), size):
        borders.advance(data[start : start + size])
        assert borders.lost is (start + size >= len(FIRST) + 4)
    assert state(borders) == LOST
    borders.advance(FIRST)
    assert state(borders) == LOST


def test_later_frames_are_followed_by_their_lengths_alone() -> None:
    borders = FrameBorders()
    borders.advance(SECOND + b"\x00\x00\x00\x10" + b"no checksum!")
    assert state(borders) == AT_BORDER


def test_the_longest_frame_is_no_loss(sealed_frame: SealedFrame) -> None:
    # Its first byte is one that text has, too, but its prelude came as a whole.
    borders = FrameBorders()
    borders.advance(sealed_frame(total=2**32 - 1)[:12])
    assert state(borders) == inside(2**32 - 1 - 12)
    assert borders.passed


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
    borders = FrameBorders()
    borders.advance(make(FIRST[:3]))
    borders.advance(make(FIRST[3:8]))
    borders.advance(make(FIRST[8:] + FIRST[:2]))
    assert state(borders) == inside(None)
    borders.advance(make(FIRST[2:9]))
    assert state(borders) == inside(len(FIRST) - 9)


def test_a_view_of_wider_items_counts_in_bytes() -> None:
    data = encode_frame({}, b"1234") * 2
    borders = FrameBorders()
    borders.advance(memoryview(array.array("I", data)))
    assert state(borders) == AT_BORDER


def test_a_view_with_gaps_counts_its_own_bytes() -> None:
    spread = bytearray(2 * len(FIRST))
    spread[::2] = FIRST
    borders = FrameBorders()
    borders.advance(memoryview(spread)[::2])
    assert state(borders) == AT_BORDER


def test_a_buffer_may_change_after_it_has_passed() -> None:
    buffer = bytearray(FIRST[:3])
    borders = FrameBorders()
    borders.advance(buffer)
    buffer[:] = b"\xff\xff\xff"
    borders.advance(FIRST[3:])
    assert state(borders) == AT_BORDER


def test_following_the_borders_copies_nothing() -> None:
    data = encode_frame({}, bytes(100)) * 10_000
    borders = FrameBorders()
    tracemalloc.start()
    try:
        borders.advance(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert state(borders) == AT_BORDER
    assert peak < 64 * 1024
