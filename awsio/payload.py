"""`PayloadReader`: the pieces that events carry, as one readable file.

S3 rows, SageMaker parts, Lambda chunks and Bedrock bytes are cut anywhere; whoever
reads CSV or lines wants them joined. This is the raw layer: it gives a piece as
soon as it is there and never joins two; ``io.BufferedReader`` around it does lines
and full reads.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Buffer

__all__ = ("PayloadReader",)


class PayloadReader(io.RawIOBase):
    """A raw binary file over a function that gives the next piece.

    Closing it does not close what the pieces come from.

    Args:
        next_piece: gives the next bytes, None at the end; what it raises passes
            through, and the next read goes on after it.
    """

    def __init__(self, next_piece: Callable[[], bytes | None]) -> None:
        super().__init__()
        self._next_piece = next_piece
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer from one piece; 0 at the end.

        Raises:
            ValueError: the reader is closed.
        """
        if self.closed:
            msg = "I/O operation on closed file"
            raise ValueError(msg)
        target = memoryview(buffer).cast("B")
        while not self._rest and target:
            piece = self._next_piece()
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
