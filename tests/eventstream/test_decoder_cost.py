"""What decoding costs, counted in bytes and calls, never in seconds."""

from __future__ import annotations

import gc
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from awsio.eventstream import MAX_PAYLOAD, Frame, FrameDecoder, encode_frame

if TYPE_CHECKING:
    from types import FrameType

SealedFrame = Callable[..., bytes]

MIB = 1024 * 1024
TOKEN = Frame(
    {":event-type": "contentBlockDelta", ":content-type": "application/json"},
    b'{"contentBlockIndex":0,"delta":{"text":" token"},"p":"abcdefghijklmnopqrstuvwxyz"}',
)
ENCODED = TOKEN.encode()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


class Allocations:
    """Adds up the memory that calls allocate, so every copy of a buffer counts.

    A call's allocation is its peak above what was held before it. The first call that
    goes over the budget fails the test, which keeps a quadratic decoder from running long.
    """

    def __init__(self, budget: float) -> None:
        self.budget = budget
        self.total = 0
        self.peak = 0

    def __call__(self, function: Callable[..., Any], *arguments: object) -> Any:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        result = function(*arguments)
        peak = tracemalloc.get_traced_memory()[1]
        self.total += peak - before
        self.peak = max(self.peak, peak)
        assert self.total <= self.budget, "bytes are copied again and again"
        return result


@contextmanager
def allocations(budget: float) -> Iterator[Allocations]:
    gc.collect()
    tracemalloc.start()
    try:
        yield Allocations(budget)
    finally:
        tracemalloc.stop()


def test_16_mib_fed_at_once_are_never_copied_as_a_whole() -> None:
    padded = Frame(TOKEN.headers, TOKEN.payload + b" " * 300).encode()
    count = 16 * MIB // len(padded)
    data = padded * count
    with allocations(8 * len(data)) as measure:
        decoder = FrameDecoder()
        measure(decoder.feed, data)
        for _ in range(count):
            assert measure(decoder.next_frame) is not None
        assert measure(decoder.next_frame) is None
    assert measure.peak < 64 * 1024


def test_16_mib_fed_behind_half_a_frame_are_joined_once() -> None:
    large = Frame({}, bytes(MIB)).encode()
    data = large * 16
    with allocations(4 * len(data)) as measure:
        decoder = FrameDecoder()
        measure(decoder.feed, data[:20])
        assert measure(decoder.next_frame) is None
        measure(decoder.feed, data[20:])
        for _ in range(16):
            assert measure(decoder.next_frame) is not None


@pytest.mark.parametrize("asked", ["after each piece", "at the end"])
def test_a_23_mib_frame_in_1_kib_pieces_is_copied_a_fixed_number_of_times(asked: str) -> None:
    data = Frame({"n": 1}, bytes(23 * MIB)).encode()
    with allocations(6 * len(data)) as measure:
        decoder = FrameDecoder()
        for start in range(0, len(data) - 1, 1024):
            measure(decoder.feed, data[start : start + 1024])
            if asked == "after each piece" and start + 1024 < len(data):
                assert measure(decoder.next_frame) is None
        frame = measure(decoder.next_frame)
        assert len(frame.payload) == 23 * MIB
    assert measure.peak < 2.5 * len(data)


def test_frames_fed_faster_than_taken_are_not_copied_again_and_again() -> None:
    count = 4000
    with allocations(40 * count * len(ENCODED)) as measure:
        decoder = FrameDecoder()
        for _ in range(count):
            for piece in pieces(ENCODED * 2, 100):
                measure(decoder.feed, piece)
            assert measure(decoder.next_frame) is not None
        for _ in range(count):
            assert measure(decoder.next_frame) is not None


@pytest.mark.parametrize("size", [1, 2, 3, 17])
def test_a_frame_in_tiny_pieces_takes_no_more_memory_than_its_length(size: int) -> None:
    data = Frame({}, bytes(128 * 1024)).encode()
    with allocations(8 * len(data)) as measure:
        decoder = FrameDecoder()
        for piece in pieces(data, size):
            decoder.feed(piece)
        frame = measure(decoder.next_frame)
        assert len(frame.payload) == 128 * 1024
    assert measure.peak < 3 * len(data)


def test_what_was_announced_takes_no_memory_before_it_has_come(sealed_frame: SealedFrame) -> None:
    with allocations(MIB) as measure:
        decoder = FrameDecoder()
        measure(decoder.feed, sealed_frame(total=16 + MAX_PAYLOAD)[:12])
        assert measure(decoder.next_frame) is None
    assert measure.peak < 16 * 1024


@pytest.mark.parametrize(("count", "length"), [(4000, 900), (60, 60_000)])
def test_distinct_headers_leave_little_behind(count: int, length: int) -> None:
    with allocations(1000 * MIB):
        decoder = FrameDecoder()
        for number in range(count):
            decoder.feed(encode_frame({"n": number, "filler": b"x" * length}))
            assert decoder.next_frame() is not None
        decoder.feed(ENCODED)
        assert decoder.next_frame() == TOKEN
        assert tracemalloc.get_traced_memory()[0] < 512 * 1024


def calls_of(function: Callable[[], object]) -> int:
    count = 0

    def profile(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count


def decode_in_pieces(data: bytes, size: int) -> None:
    decoder = FrameDecoder()
    for start in range(0, len(data), size):
        decoder.feed(data[start : start + size])
        while decoder.next_frame() is not None:
            pass


@pytest.mark.parametrize("per_frame", [0.01, 0.5, 1, 3, 40])
def test_the_calls_per_frame_are_the_same_for_the_thousandth_frame(per_frame: float) -> None:
    size = max(1, round(len(ENCODED) / per_frame))

    def calls(count: int) -> int:
        return calls_of(lambda: decode_in_pieces(ENCODED * count, size))

    hundred, thousand = calls(100), calls(1000)
    assert thousand <= 10.1 * hundred  # the pieces do not divide the frames evenly
    assert thousand <= 4 * 1000 + 4 * (1000 * len(ENCODED) // size + 1)
