"""Taking gzip off a body, as live as the body is."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from awsio.errors import ConnectionLostError, TruncatedStreamError
from awsio.sources.base import WrappedSource

if TYPE_CHECKING:
    from awsio.sources.base import ByteSource

__all__ = ("GunzipSource",)

GZIP = 16 + zlib.MAX_WBITS


class GunzipSource(WrappedSource):
    """The bytes of another source, decompressed.

    What one read gives is bounded by its size, however far it expands.

    Args:
        source: gives the compressed bytes; closed with this one.
    """

    def __init__(self, source: ByteSource) -> None:
        super().__init__(source)
        self._decompressor = zlib.decompressobj(GZIP)
        self._rest = b""  # compressed bytes that came and were not needed yet
        self._begun = False

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Give the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        while True:
            data = self._decompress(size)
            if data:
                return data
            if self._rest:  # of the next gzip file
                continue
            self._rest = self._source.read(size, deadline)
            if not self._rest:
                if self._begun and not self._decompressor.eof:
                    msg = "the body ends inside its gzip encoding"
                    raise TruncatedStreamError(msg)
                return b""
            self._begun = True

    def _decompress(self, size: int) -> bytes:
        """Decompress from what is there, at most ``size`` bytes."""
        if self._decompressor.eof and self._rest:  # gzip files may follow one another
            self._decompressor = zlib.decompressobj(GZIP)
        try:
            data = self._decompressor.decompress(self._rest, size)
        except zlib.error as error:
            msg = f"the body's gzip encoding is broken: {error}"
            raise ConnectionLostError(msg) from error
        self._rest = self._decompressor.unconsumed_tail or self._decompressor.unused_data
        return data
