"""Targets of the codec: the decoder alone, beside botocore's, and the boundaries.

Where botocore's decoder is another: what it refuses, awsio refuses, at the same frame.
What it accepts is the same frame here, or lengths and headers that break the format, which
are refused (botocore gives cut strings and names without a letter); a stream that ends
inside a frame ends quietly there.
"""

from __future__ import annotations

import gc
import struct
import sys
from typing import TYPE_CHECKING, Any
from uuid import UUID

from botocore.eventstream import EventStreamBuffer, ParserError

from awsio.errors import FrameError, FrameLengthError, HeaderError, TruncatedStreamError
from awsio.eventstream import FrameDecoder
from awsio.eventstream.boundaries import FrameBoundaries, looks_like_text
from awsio.eventstream.layout import is_prelude
from tests.fuzz.inputs import encoded, pieces, read_input, seal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awsio.errors import StreamError
    from awsio.eventstream import Frame

__all__ = ("boundaries", "decoder", "decoder_and_botocore")

SMALL_LIMITS = 1  # bits of the flags
BY_ITERATION = 2
TAKE_AND_FEED = 4
IN_BATCHES = 8
BATCH = 3
BUFFER_SLACK = 64 * 1024
LEAST_TOTAL, PRELUDE = 16, 12
SOUND = seal(b"", b"") * 2


def new_decoder(flags: int) -> FrameDecoder:
    """Make a decoder, with limits that a short input can reach if the flags say so."""
    return FrameDecoder(max_payload=64, max_headers=48) if flags & SMALL_LIMITS else FrameDecoder()


class Reading:
    """A decoder that is watched while it reads.

    Attributes:
        frames: what it gave.
        error: what ended it, None at a clean end.
    """

    def __init__(self, body: bytes, flags: int) -> None:
        self.frames: list[Frame] = []
        self.error: StreamError | None = None
        self._decoder = new_decoder(flags)
        self._flags = flags
        self._body = body
        self._fed = 0
        self._taken = 0
        self._ended = False

    def read(self, parts: Iterable[bytes]) -> None:
        """Read to the end, or to the error."""
        decoder = self._decoder
        try:
            for part in parts:
                decoder.feed(part)
                self._fed += len(part)
                self._take()
                self._check_buffer()
            decoder.feed_eof()
            self._ended = True
            self._take()
            assert decoder.next_frame() is None
            assert self._fed == self._taken == len(self._body)
        except (FrameError, TruncatedStreamError) as error:
            self.error = error
        self._check_buffer()
        check_size(decoder, self._fed)
        if self.error is not None:
            self._check_latched()

    def _take(self) -> None:
        """Take the frames that are there, one by one, by iteration or some at a time."""
        decoder = self._decoder
        if self._flags & IN_BATCHES:
            while frames := decoder.take_frames(BATCH):
                assert len(frames) <= BATCH
                for each in frames:
                    self._add(each)
        elif self._flags & BY_ITERATION:
            for each in decoder:
                self._add(each)
        else:
            while (frame := decoder.next_frame()) is not None:
                self._add(frame)

    def _add(self, frame: Frame) -> None:
        """Add a frame; its encoding is what came."""
        self.frames.append(frame)
        start = self._taken
        raw = frame.encode()
        self._taken += len(raw)
        assert self._body[start : self._taken] == raw, "a frame does not encode to its bytes"

    def _check_buffer(self) -> None:
        """See that what was not delivered is told, and can be given back and fed again."""
        decoder = self._decoder
        waiting = self._body[self._taken : self._fed]
        assert decoder.buffered == waiting, "buffered is not what was not delivered"
        if self._flags & TAKE_AND_FEED and self.error is None and self._fed < len(self._body):
            assert decoder.take_buffered() == waiting
            assert decoder.next_frame() is None
            decoder.feed(waiting)

    def _check_latched(self) -> None:
        """See that the error comes again, after sound frames too, and without the bytes."""
        for step in range(3):
            if step == 1:
                self._decoder.take_buffered()
            if not self._ended:
                self._decoder.feed(SOUND)
            try:
                self._decoder.next_frame()
            except (FrameError, TruncatedStreamError) as again:
                assert facts(again) == facts(self.error), "the latched error is another"
            else:
                raise AssertionError("the error is not latched")


def check_size(held: object, fed: int) -> None:
    """See that an object holds about as much as it was fed, whatever was announced."""
    parts = gc.get_referents(held)
    parts += gc.get_referents(*(part for part in parts if type(part) is dict))
    size = sum(sys.getsizeof(part) for part in parts if isinstance(part, (bytes, bytearray)))
    assert size <= 2 * fed + BUFFER_SLACK, f"{size} bytes are held of {fed}"


def facts(error: StreamError | None) -> tuple[Any, ...]:
    """Give what can be told of an error."""
    return type(error), str(error), vars(error) if error is not None else None


def typed(frame: Frame) -> tuple[list[tuple[str, type, Any]], bytes]:
    """Give what a frame holds, with the types of its headers."""
    return [(name, type(value), value) for name, value in frame.headers.items()], frame.payload


def decoder(data: bytes) -> None:
    """Any bytes in any pieces: frames or a documented error, the same ones in any split."""
    flags, sizes, body = read_input(data)
    split = Reading(body, flags)
    split.read(pieces(body, sizes))
    whole = Reading(body, flags & SMALL_LIMITS)
    whole.read([body])
    assert list(map(typed, split.frames)) == list(map(typed, whole.frames)), "another split"
    assert facts(split.error) == facts(whole.error), "another error in another split"


def decoder_and_botocore(data: bytes) -> None:
    """What botocore's decoder gives and refuses, awsio's does; see above."""
    body = read_input(data).body
    frames, error = decode(body)
    messages, refused = botocore_decode(body, len(frames))
    assert len(messages) >= len(frames), "botocore gives less"
    for frame, message in zip(frames, messages, strict=False):
        assert frame.payload == message.payload
        assert [*frame.headers] == [*message.headers]
        for mine, theirs in zip(frame.headers.values(), message.headers.values(), strict=True):
            assert (mine.bytes if isinstance(mine, UUID) else mine) == theirs
            assert isinstance(mine, bool) is isinstance(theirs, bool)
    if refused is not None:
        assert isinstance(error, FrameError), f"botocore refuses this: {refused!r}"
    elif len(messages) > len(frames):
        assert isinstance(error, (FrameLengthError, HeaderError)), f"botocore accepts this: {error}"
    elif error is not None:
        assert isinstance(error, (TruncatedStreamError, FrameLengthError)), repr(error)


def decode(body: bytes) -> tuple[list[Frame], StreamError | None]:
    """Decode bytes that come at once."""
    decoder = FrameDecoder()
    decoder.feed(body)
    decoder.feed_eof()
    frames = []
    try:
        while (frame := decoder.next_frame()) is not None:
            frames.append(frame)
    except (FrameError, TruncatedStreamError) as error:
        return frames, error
    return frames, None


def botocore_decode(body: bytes, count: int) -> tuple[list[Any], Exception | None]:
    """Decode with botocore, at most one frame more than awsio gave.

    More could be without end: botocore takes a frame of no length.
    """
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    messages: list[Any] = []
    try:
        for message in buffer:
            messages.append(message)
            if len(messages) > count:
                break
    except (ParserError, KeyError, struct.error, UnicodeDecodeError) as error:
        return messages, error
    return messages, None


def boundaries(data: bytes) -> None:
    """The boundaries are where the decoder says, in any split; what is no frame is lost."""
    _, sizes, body = read_input(data)
    followed = FrameBoundaries()
    for part in pieces(body, sizes):
        followed.advance(part)
    frames, error = decode(body)
    if frames or not looks_like_text(body):  # text may be told from frames by its first byte
        whole = FrameBoundaries()
        whole.advance(memoryview(body))
        assert state(followed) == state(whole), "another split, other boundaries"
    if error is None:
        assert followed.at_boundary
        assert not followed.lost
    elif isinstance(error, TruncatedStreamError):
        assert not followed.at_boundary
        assert error.missing is None or followed.missing in {error.missing, None}
    elif isinstance(error, FrameLengthError) and error.total_length < LEAST_TOTAL:
        assert followed.lost
    if not frames and len(body) >= PRELUDE and not is_prelude(body):
        assert followed.lost
    if frames:
        assert followed.seen_prelude or followed.lost
        left = body[len(encoded(frames)) :]
        assert followed.lost or error is not None or not left


def state(followed: FrameBoundaries) -> tuple[Any, ...]:
    """Give all that boundaries tell."""
    return (
        followed.at_boundary,
        followed.seen_prelude,
        followed.inside_frame,
        followed.missing,
        followed.lost,
    )
