"""Where frames begin and end in bytes that are passed on undecoded.

A caller that reads a connection as bytes (``read``, ``shutil.copyfileobj``) wants no
frames made. The connection still has to know whether the next byte starts a frame, so
that events may follow and a cut body is not taken for a whole one.

The first prelude's checksum shows whether the bytes are frames at all. After it only the
length fields are read, which costs one jump a frame.
"""

from __future__ import annotations

from awsio.eventstream.layout import FRAME_OVERHEAD, LENGTH_FIELD, PRELUDE_LENGTH, is_prelude

__all__ = ("FrameBoundaries", "looks_like_text")


def looks_like_text(head: bytes) -> bool:
    """Return whether a body begins as text does and no frame below 150 MB can.

    Args:
        head: the first bytes; the first one decides.
    """
    return bool(head) and (head[0] >= ord(" ") or head[0] in b"\t\n\r")


class FrameBoundaries:
    """Follows the boundaries of frames in bytes that pass by.

    Args:
        framed: False for bytes that are known not to be frames.
        seen_prelude: whether frames came before these bytes, which need no other proof then.

    Attributes:
        lost: True once the bytes are known not to be frames: there are no boundaries.
    """

    def __init__(self, *, framed: bool = True, seen_prelude: bool = False) -> None:
        self.lost = not framed
        self._left = 0  # bytes of the current frame still to come
        self._head = b""  # the first bytes of a length field that came in pieces
        self._seen_prelude = seen_prelude

    @property
    def at_boundary(self) -> bool:
        """Whether the next byte is the first of a frame."""
        return not self.lost and self._left == 0 and not self._head

    @property
    def seen_prelude(self) -> bool:
        """Whether the prelude of a frame has passed."""
        return not self.lost and self._seen_prelude

    @property
    def inside_frame(self) -> bool:
        """Whether the bytes so far stop inside a frame, after the first one's prelude."""
        return self.seen_prelude and not self.at_boundary

    @property
    def inside_prelude(self) -> bool:
        """Whether the bytes so far may be a part of the first prelude, and no more."""
        return not self.lost and not self._seen_prelude and bool(self._head)

    @property
    def missing(self) -> int | None:
        """Bytes to the end of the current frame, None where it is not known."""
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
        if not self._seen_prelude and position + PRELUDE_LENGTH <= end:
            self._seen_prelude = True
            self.lost = not is_prelude(data[position : position + PRELUDE_LENGTH])
            if self.lost:
                return
        if self._seen_prelude:
            while position <= end - LENGTH_FIELD.size:
                total = LENGTH_FIELD.unpack_from(data, position)[0]
                if total < FRAME_OVERHEAD:
                    self.lost = True
                    return
                position += total
        self._left = max(position - end, 0)
        if position < end:
            self._head = bytes(data[position:])
            self.lost = not self._seen_prelude and looks_like_text(self._head)
