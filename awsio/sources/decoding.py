"""Content codings taken off a body, as live as the body is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from awsio.errors import (
    ConnectionLostError,
    HttpHeaderError,
    StreamError,
    StreamTimeoutError,
    TruncatedStreamError,
    fresh_copy,
)
from awsio.sources.base import WrappedSource
from awsio.sources.codings import content_codings
from awsio.sources.decoders import find_coding
from awsio.sources.limits import DECODE_STEP, Overhead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awsio.sources.base import ByteSource
    from awsio.sources.decoders import Coding, Decoder

__all__ = ("DecodedSource", "RefusedSource", "decode_source")


def decode_source(source: ByteSource, content_encoding: Sequence[str]) -> ByteSource:
    """Return a source of the decoded bytes of a body.

    Args:
        source: the body; closed with the returned one.
        content_encoding: the values of the header lines ``Content-Encoding``.

    Returns:
        ``source`` itself for a body that is not encoded. If a coding is not supported,
        a source that says so once there is a byte to decode.
    """
    try:
        codings = [find_coding(name) for name in content_codings(content_encoding)]
    except HttpHeaderError as error:
        return RefusedSource(source, error)
    for coding in reversed(codings):  # the last one applied is the first to be taken off
        source = DecodedSource(source, coding)
    return source


class RefusedSource(WrappedSource):
    """A body that cannot be decoded; an empty one needs no decoder.

    Args:
        source: the encoded bytes; closed with this one.
        error: says why.
    """

    def __init__(self, source: ByteSource, error: StreamError) -> None:
        super().__init__(source)
        self._error = fresh_copy(error)

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Raise the error if there is a byte; see :class:`~awsio.sources.ByteSource`."""
        if self._source.read(size, deadline):
            raise fresh_copy(self._error)
        return b""


class DecodedSource(WrappedSource):
    """The bytes of another source, decoded.

    What one read returns is bounded by its size, however far the body expands. So is the
    work of a read: it decodes until there is content, and encoded bytes without content
    are bounded by :data:`~awsio.sources.limits.MAX_OVERHEAD`. When a read runs out of
    time, every byte that the source gave is decoded: there is more to decode only once
    the source has more.

    Args:
        source: gives the encoded bytes; closed with this one.
        coding: how they are encoded.
    """

    def __init__(self, source: ByteSource, coding: Coding) -> None:
        super().__init__(source)
        self._coding = coding
        self._decoder: Decoder | None = None  # of the current member
        self._encoded = b""  # what the last read of the source gave
        self._position = 0  # up to where the decoder has it
        self._content = b""  # what a decoder gave above its limit
        self._broken: StreamError | None = None  # raised after the content before it
        self._overhead = Overhead(f"the body's {coding.name} encoding")

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Return the bytes that are there; see :class:`~awsio.sources.ByteSource`.

        The clock is read after each piece of the source that has no content.
        """
        content = self._decode(size)
        while not content:
            # A short piece of encoded bytes would cost a step and give little.
            self._encoded = self._source.read(max(size, DECODE_STEP), deadline)
            self._position = 0
            if not self._encoded:
                self._check_complete()
                break
            content = self._decode(size)
            if not content and deadline is not None and time.monotonic() >= deadline:
                msg = "no content came in time; the next read continues"
                raise StreamTimeoutError(msg, resumable=True)
        return content

    def _decode(self, size: int) -> bytes:
        """Return at most ``size`` bytes of content from what is there; b"" needs more.

        Raises:
            ConnectionLostError: the encoding is broken; content before that comes first.
        """
        while not self._content:
            if self._broken is not None:
                raise fresh_copy(self._broken)
            if not self._has_input():
                return b""
            try:
                self._step(size)
            except ConnectionLostError as error:
                self._broken = fresh_copy(error)
                if not self._content:
                    raise
        content = self._content[:size]
        self._content = self._content[size:]
        return content

    def _has_input(self) -> bool:
        """Return whether decoding can continue without another read of the source."""
        decoder = self._decoder
        held = decoder is not None and not decoder.eof and not decoder.needs_input
        return held or self._position < len(self._encoded)

    def _step(self, size: int) -> None:
        """Decode one piece.

        Raises:
            ConnectionLostError: the encoding is broken, or has too little content.
        """
        decoder = self._begin_member()
        if decoder is None:
            return
        data = b""
        if decoder.needs_input:
            data = self._encoded[self._position : self._position + DECODE_STEP]
        try:
            self._content = decoder.decompress(data, size)
        except self._coding.error as error:
            msg = f"the body's {self._coding.name} encoding is broken: {error}"
            raise ConnectionLostError(msg) from error
        used = len(data)
        if decoder.eof:  # these bytes are of the piece: an earlier one was used up
            used -= len(decoder.unused_data)
        self._position += used
        self._overhead.add(used, len(self._content))
        if decoder.eof or decoder.needs_input:  # else there may be content to come
            self._overhead.check()

    def _begin_member(self) -> Decoder | None:
        """Return the decoder for what comes next, None if it was padding.

        Raises:
            ConnectionLostError: it is neither a member nor padding.
        """
        decoder, coding = self._decoder, self._coding
        if decoder is not None and not decoder.eof:
            return decoder
        data = self._encoded[self._position : self._position + DECODE_STEP]
        if decoder is not None:
            zeros = len(data) - len(data.lstrip(b"\0")) if coding.padded else 0
            if zeros:
                self._position += zeros
                self._overhead.add(zeros, 0)
                self._overhead.check()
                return None
            if not coding.joined:
                msg = f"the body continues after the end of its {coding.name} encoding"
                raise ConnectionLostError(msg)
        # Here because zlib looks at a member's first byte only once it has the second.
        if not coding.magic.startswith(data[: len(coding.magic)]):
            msg = f"the body's {coding.name} encoding is broken: {data[:20]!r} is not a member"
            raise ConnectionLostError(msg)
        self._decoder = coding.create()
        return self._decoder

    def _check_complete(self) -> None:
        """Check that the source's end is the end of a member.

        Raises:
            TruncatedStreamError: it is not.
        """
        if self._decoder is not None and not self._decoder.eof:
            msg = f"the body ends inside its {self._coding.name} encoding"
            raise TruncatedStreamError(msg)
