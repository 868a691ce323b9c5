"""Checks of the arguments of one read, before anything is read.

Inside a read an exception that is not awsio's own may have cost bytes; a mistaken argument
costs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awsio.errors import FrameTooLargeError

if TYPE_CHECKING:
    from awsio.eventstream import Frame

__all__ = ("check_charset", "check_frame", "check_limit")


def check_charset(charset: object) -> None:
    """Check that a charset is given by its name, or None.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(charset, str | None):
        msg = f"a charset is a name, not of type {type(charset).__name__}"
        raise TypeError(msg)


def check_limit(max_size: float | None) -> None:
    """Check that a limit is one.

    Args:
        max_size: bytes, which may be infinite; None for no limit.

    Raises:
        ValueError: it is negative, or no number at all, as NaN.
        TypeError: it is something else.
    """
    if max_size is not None and not max_size >= 0:
        msg = f"a limit is a number of bytes, not {max_size}"
        raise ValueError(msg)


def check_frame(frame: Frame, max_size: int) -> None:
    """Check that a frame is not longer than one read accepts.

    Raises:
        FrameTooLargeError: it is longer.
    """
    length = frame.wire_length or 0  # decoded, it has one
    if length > max_size:
        raise FrameTooLargeError(part="frame", length=length, limit=max_size)
