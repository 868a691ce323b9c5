"""Where frames begin and end in bytes that somebody else reads.

Whoever reads a connection as bytes (``read``, ``shutil.copyfileobj``) wants no
frames made; the connection still has to know whether the next byte starts a
frame, so that events may follow and a cut body is not taken for a whole one.

The first prelude's checksum tells whether the bytes are frames at all. After it
only lengths are read: this costs a jump a frame.
"""

from __future__ import annotations

from struct import Struct

from awsio.eventstream.checksum import crc32

__all__ = ("FrameBorders", "is_prelude", "looks_like_text")

OVERHEAD = 16
PRELUDE = 12
LENGTH = 4
unpack_length = Struct(">I").unpack_from
unpack_prelude = Struct(">III").unpack_from


def is_prelude(head: bytes | bytearray | memoryview) -> bool:
    """Tell whether bytes begin with a prelude whose checksum holds.

    Args:
        head: the bytes; fewer than 12 are no prelude.
    """
    if len(head) < PRELUDE:
        return False
    total, headers_length, prelude_crc = unpack_prelude(head)
    possible = total >= OVERHEAD and headers_length <= total - OVERHEAD
    return bool(possible and crc32(head[:8]) == prelude_crc)


def looks_like_text(head: bytes) -> bool:
    """Tell whether a body begins as text does and no frame below 150 MB can.

    Args:
        head: the first bytes; the first one decides.
    """
    return bool(head) and (head[0] >= ord(" ") or head[0] in b"\t\n\r")


class FrameBorders:
    """Follows the frame borders in bytes that pass by.

    Attributes:
        lost: True once it is known that the bytes are no frames: there are no
            borders to tell.
    """

    def __init__(self) -> None:
        self.lost = False
        self._left = 0  # bytes of the current frame still to come
        self._head = b""  # the first bytes of a length field that came in pieces
        self._wanted = PRELUDE  # what has to be seen of the next frame

    @property
    def at_border(self) -> bool:
        """Whether the next byte is a frame's first."""
        return not self.lost and self._left == 0 and not self._head

    @property
    def passed(self) -> bool:
        """Whether a frame's prelude went by."""
        return not self.lost and self._wanted == LENGTH

    @property
    def inside(self) -> bool:
        """Whether the bytes so far stop inside a frame, the first one having been seen."""
        return self.passed and not self.at_border

    @property
    def missing(self) -> int | None:
        """Bytes up to the end of the current frame, None where it is not known."""
        return None if self.lost or self._head else self._left

    def advance(self, data: bytes | bytearray | memoryview) -> None:
        """Pass ``data`` by."""
        if self.lost:
            return
        if type(data) is memoryview and (data.itemsize > 1 or not data.contiguous):
            data = data.tobytes()
        if self._head:
            data = self._head + bytes(data)
            self._head = b""
        position, end = self._left, len(data)
        while position <= end - self._wanted:
            if self._wanted == PRELUDE:
                self.lost = not is_prelude(data[position : position + PRELUDE])
                self._wanted = LENGTH
            total = unpack_length(data, position)[0]
            if self.lost or total < OVERHEAD:
                self.lost = True
                return
            position += total
        self._left = max(position - end, 0)
        if position < end:
            self._head = bytes(data[position:])
            if self._wanted == PRELUDE and looks_like_text(self._head):
                self.lost = True
