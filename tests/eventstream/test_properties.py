"""What holds for any frame, any bytes and any split."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from awsio.errors import (
    FrameError,
    FrameLengthError,
    MessageChecksumError,
    PreludeChecksumError,
    TruncatedStreamError,
)
from awsio.eventstream import (
    Byte,
    Frame,
    FrameDecoder,
    HeaderValue,
    Long,
    Short,
    Timestamp,
    encode_headers,
)
from awsio.eventstream.boundaries import FrameBoundaries, looks_like_text
from awsio.eventstream.layout import is_prelude

SealedFrame = Callable[..., bytes]

# The machine may be busy: an example is never failed for being slow.
properties = settings(deadline=None, max_examples=100)


def sized(cls: Callable[[int], HeaderValue], bits: int) -> st.SearchStrategy[HeaderValue]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1).map(cls)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = texts.filter(lambda name: 1 <= len(name.encode()) <= 255)
values: st.SearchStrategy[HeaderValue] = st.one_of(
    st.booleans(),
    sized(Byte, 8),
    sized(Short, 16),
    sized(int, 32),
    sized(Long, 64),
    st.binary(max_size=40),
    texts,
    sized(Timestamp, 64),
    st.uuids(),
)
frames = st.builds(Frame, st.dictionaries(names, values, max_size=6), st.binary(max_size=200))
streams = st.lists(frames, max_size=5)
cuts = st.lists(st.integers(0, 1500), max_size=12)


def split(data: bytes, at: list[int]) -> list[bytes]:
    ends = sorted(min(each, len(data)) for each in at)
    return [data[a:b] for a, b in zip([0, *ends], [*ends, len(data)], strict=True)]


def typed(frame: Frame) -> tuple[list[tuple[str, type, HeaderValue]], bytes]:
    return [(name, type(value), value) for name, value in frame.headers.items()], frame.payload


def encoded(stream: list[Frame]) -> bytes:
    return b"".join(frame.encode() for frame in stream)


def outcome(pieces: list[bytes]) -> tuple[list[Frame], Exception | None, FrameDecoder]:
    """Decode to the end; give the frames, what stopped them, and the decoder.

    Any error that is not documented goes through and fails the test.
    """
    decoder = FrameDecoder()
    found: list[Frame] = []
    try:
        for piece in pieces:
            decoder.feed(piece)
            for frame in decoder:
                found.append(frame)  # noqa: PERF402 - what came before an error counts
        decoder.feed_eof()
        assert decoder.next_frame() is None
    except (FrameError, TruncatedStreamError) as error:
        return found, error, decoder
    return found, None, decoder


def facts(error: Exception | None) -> tuple[Any, ...]:
    return type(error), str(error), vars(error) if error else None


@properties
@given(frames)
def test_any_frame_decodes_to_itself_with_its_wire_types(frame: Frame) -> None:
    found, error, decoder = outcome([frame.encode()])
    assert error is None
    assert found == [frame]
    assert typed(found[0]) == typed(frame)
    assert found[0].encode() == frame.encode()
    assert decoder.buffered == b""


@properties
@given(streams, cuts)
def test_any_split_of_any_number_of_frames_gives_the_same_frames(
    stream: list[Frame], at: list[int]
) -> None:
    found, error, _ = outcome(split(encoded(stream), at))
    assert error is None
    assert list(map(typed, found)) == list(map(typed, stream))


@properties
@given(streams, st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["frame", "take", ""]))))
def test_frames_may_be_asked_for_and_bytes_taken_back_and_fed_again_at_any_time(
    stream: list[Frame], steps: list[tuple[int, str]]
) -> None:
    data, fed, found = encoded(stream), 0, []
    decoder = FrameDecoder()
    for size, action in [*steps, (len(data), "take")]:
        decoder.feed(data[fed : fed + size])
        fed = min(fed + size, len(data))
        if action == "frame" and (frame := decoder.next_frame()) is not None:
            found.append(frame)
        taken = len(encoded(found))
        assert decoder.buffered == data[taken:fed]
        if action == "take":
            assert decoder.take_buffered() == data[taken:fed]
            assert decoder.next_frame() is None
            decoder.feed(data[taken:fed])
    found.extend(decoder)
    assert found == stream


@properties
@given(streams, st.binary(max_size=3), cuts)
def test_the_borders_are_where_the_decoder_has_nothing_left(
    stream: list[Frame], tail: bytes, at: list[int]
) -> None:
    # A tail of up to three bytes, the first of them 0, may begin any length.
    data = encoded(stream) + (b"\x00" + tail[1:] if tail else b"")
    decoder, boundaries = FrameDecoder(), FrameBoundaries()
    frames_found = 0
    for piece in split(data, at):
        decoder.feed(piece)
        boundaries.advance(piece)
        frames_found += len(list(decoder))
        left = decoder.buffered
        assert not boundaries.lost
        assert boundaries.at_boundary is (left == b"")
        seen = frames_found > 0 or len(left) >= 12
        assert boundaries.inside_frame is (left != b"" and seen)
        if boundaries.missing is None:
            assert 0 < len(left) < (4 if frames_found else 12)
        else:
            announced = int.from_bytes(left[:4], "big")
            assert boundaries.missing == announced - len(left)


@properties
@given(streams, st.binary(max_size=60), cuts)
def test_the_borders_never_call_sound_what_the_decoder_cannot_measure(
    stream: list[Frame], tail: bytes, at: list[int]
) -> None:
    data = encoded(stream) + tail
    found, error, decoder = outcome([data])
    boundaries = FrameBoundaries()
    for piece in split(data, at):
        boundaries.advance(piece)
    if error is None:
        assert boundaries.at_boundary
    if isinstance(error, TruncatedStreamError):
        assert not boundaries.at_boundary
        assert boundaries.lost is (not found and looks_like_text(tail))
        assert boundaries.missing == error.missing or error.missing is None
    if isinstance(error, FrameLengthError) and error.total_length < 16:
        assert boundaries.lost
    if not found and len(data) >= 12:
        assert boundaries.lost is not is_prelude(decoder.buffered)


@properties
@given(st.binary(max_size=80), st.data())
def test_any_body_with_valid_checksums_is_a_frame_or_a_documented_error(
    sealed_frame: SealedFrame, body: bytes, data: st.DataObject
) -> None:
    headers_length = data.draw(st.integers(0, len(body) + 2))
    raw = sealed_frame(body[:headers_length], body[headers_length:], headers_length=headers_length)
    found, error, _ = outcome([raw])
    assert len(found) == (error is None)
    assert b"".join(frame.encode() for frame in found) == (b"" if error else raw)


@properties
@given(st.dictionaries(names, values, min_size=1, max_size=4), st.data())
def test_headers_with_one_byte_changed_or_cut_are_headers_or_a_documented_error(
    sealed_frame: SealedFrame, headers: dict[str, HeaderValue], data: st.DataObject
) -> None:
    block = bytearray(encode_headers(headers))
    at = data.draw(st.integers(0, len(block) - 1))
    block[at] = data.draw(st.integers(0, 255))
    raw = sealed_frame(bytes(block[: data.draw(st.integers(at, len(block)))]), b"payload")
    found, error, _ = outcome([raw])
    assert len(found) == (error is None)
    assert b"".join(frame.encode() for frame in found) == (b"" if error else raw)


@properties
@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.binary(max_size=40))
@example(16, 0, b"")
@example(0, 0, b"")
@example(15, 2**32 - 1, b"")
@example(2**32 - 1, 2**32 - 17, b"x")
def test_any_lengths_with_a_valid_checksum_are_a_documented_error_or_wait_for_more(
    sealed_frame: SealedFrame, total: int, headers_length: int, rest: bytes
) -> None:
    raw = sealed_frame(b"", rest, total=total, headers_length=headers_length)
    found, error, decoder = outcome([raw])
    assert found or error
    if total < 16 or headers_length > total - 16:
        assert type(error) is FrameLengthError
    assert b"".join(frame.encode() for frame in found) + decoder.buffered == raw


@properties
@given(st.binary(max_size=120), cuts)
def test_any_bytes_end_in_a_documented_error_or_in_nothing(data: bytes, at: list[int]) -> None:
    found, error, decoder = outcome(split(data, at))
    assert found == []
    assert (error is None) is (data == b"")
    assert data.startswith(decoder.buffered)


@properties
@given(frames, st.data())
def test_a_flipped_bit_is_always_found(frame: Frame, data: st.DataObject) -> None:
    raw = bytearray(frame.encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    found, error, _ = outcome([bytes(raw)])
    assert found == []
    assert type(error) is (PreludeChecksumError if at < 12 else MessageChecksumError)


@properties
@given(streams, st.binary(max_size=60), cuts)
def test_what_is_delivered_and_what_is_raised_do_not_depend_on_the_split(
    stream: list[Frame], tail: bytes, at: list[int]
) -> None:
    data = encoded(stream) + tail
    found, error, _ = outcome(split(data, at))
    found_at_once, error_at_once, _ = outcome([data])
    assert list(map(typed, found)) == list(map(typed, found_at_once))
    assert facts(error) == facts(error_at_once)
    assert found[: len(stream)] == stream


@properties
@given(
    streams,
    st.binary(min_size=12, max_size=40),
    st.lists(st.sampled_from(["feed", "frame", "iterate", "take", "end"]), max_size=8),
)
def test_an_error_is_latched_whatever_comes_after_it(
    stream: list[Frame], tail: bytes, steps: list[str]
) -> None:
    decoder = FrameDecoder()
    decoder.feed(encoded(stream) + tail)
    assert [decoder.next_frame() for _ in stream] == stream
    ended = is_prelude(tail)
    if ended:
        decoder.feed_eof()
    with pytest.raises((FrameError, TruncatedStreamError)) as first:
        decoder.next_frame()
    for step in steps:
        if step == "end":
            decoder.feed_eof()
            ended = True
        elif step == "take":
            decoder.take_buffered()
        elif step == "feed":
            with pytest.raises(ValueError, match="feed_eof") if ended else nullcontext():
                decoder.feed(encoded(stream))
        else:
            with pytest.raises(type(first.value)) as again:
                decoder.next_frame() if step == "frame" else list(decoder)
            assert facts(again.value) == facts(first.value)


# Few names and values that Python calls equal: pairs of these are often the same or nearly so.
alike = st.builds(
    Frame,
    st.dictionaries(
        st.sampled_from("ab"),
        st.sampled_from(
            [1, True, Byte(1), Short(1), Long(1), Timestamp(1), "1", b"1", UUID(int=1)]
        ),
        max_size=2,
    ),
    st.sampled_from([b"", b"1"]),
)


@properties
@given(alike, alike)
def test_frames_are_equal_exactly_where_headers_types_and_payload_are(
    one: Frame, other: Frame
) -> None:
    def unordered(frame: Frame) -> Any:
        headers, payload = typed(frame)
        return sorted(headers, key=lambda header: header[0]), payload

    assert (one == other) is (unordered(one) == unordered(other))
    if one == other:
        assert hash(one) == hash(other)


def test_the_strategies_reach_every_wire_type() -> None:
    reached: set[type] = set()

    @settings(deadline=None, max_examples=200, database=None)
    @given(frames)
    def collect(frame: Frame) -> None:
        reached.update(type(value) for value in frame.headers.values())

    collect()
    assert reached == {bool, Byte, Short, int, Long, bytes, str, Timestamp, UUID}
