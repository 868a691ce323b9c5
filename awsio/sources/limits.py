"""The work that a body may cost without giving content: every limit in one place.

Chunk extensions, trailers, empty gzip members and empty deflate blocks carry no content.
A peer that sends nothing else must not keep a reader busy without end, so what it sends
is counted against the content that it gives. The limit is the leaky bucket of Go's
``net/http``, https://github.com/golang/go/issues/64433 (CVE-2023-39326).
"""

from __future__ import annotations

from awsio.errors import ConnectionLostError

__all__ = (
    "DECODE_STEP",
    "MAX_CODINGS",
    "MAX_DIGITS",
    "MAX_LENGTH",
    "MAX_LINE",
    "MAX_LINE_START",
    "MAX_OVERHEAD",
    "OVERHEAD_PER_BYTE",
    "Overhead",
)

#: Bytes of a chunk's size line, or of a whole trailer; http.client's own limit for a line.
MAX_LINE = 65536
#: Bytes of a chunk's size, or of a trailer field's name, with the white space beside it.
MAX_LINE_START = 256
#: Hexadecimal digits of a chunk's size, leading zeros not counted.
MAX_DIGITS = 16
#: Bytes of a ``Content-Length``.
MAX_LENGTH = 2**63 - 1
#: Bytes in a row that carry no content: of chunked framing, or of each content coding.
MAX_OVERHEAD = 65536
#: Bytes without content that are allowed for each byte of content, above MAX_OVERHEAD.
OVERHEAD_PER_BYTE = 32
#: Content codings of one body: each one may expand what the one below it gives.
MAX_CODINGS = 5
#: Encoded bytes that a decoder is given at a time.
DECODE_STEP = 16384


class Overhead:
    """Counts the bytes of one layer that carry no content.

    Args:
        what: the layer, for the error.

    Attributes:
        excess: bytes that the content so far does not account for.
    """

    def __init__(self, what: str) -> None:
        self.excess = 0
        self._what = what

    def add(self, spent: int, content: int) -> None:
        """Count bytes that came, and the bytes of content among or after them."""
        self.excess = max(0, self.excess + spent - OVERHEAD_PER_BYTE * content)

    def check(self) -> None:
        """Check the limit.

        Raises:
            ConnectionLostError: too much came without content.
        """
        if self.excess > MAX_OVERHEAD:
            msg = (
                f"{self._what} has more than {MAX_OVERHEAD} bytes without content "
                f"above {OVERHEAD_PER_BYTE} for each byte of content"
            )
            raise ConnectionLostError(msg)
