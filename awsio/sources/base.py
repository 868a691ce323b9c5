"""What a connection asks of its byte source."""

from __future__ import annotations

import select
from typing import Any, Protocol

__all__ = ("ByteSource", "wait_readable")


class ByteSource(Protocol):
    """Bytes that come one after another.

    A source that has raised from :meth:`read` is of no more use but to be closed.
    """

    def read(self, size: int) -> bytes:
        """Wait for bytes and give what is there, at most ``size``; ``b""`` at the end.

        Never waits for more once there is something to give.

        Raises:
            StreamError: the bytes cannot come.
        """
        ...

    def wait(self, timeout: float) -> bool:
        """Wait until a read would give something at once.

        Args:
            timeout: the longest wait in seconds; 0 only looks.

        Returns:
            False when the time ran out.
        """
        ...

    def wake(self) -> None:
        """Make a read in another thread end at once, where that can be done."""
        ...

    def close(self, *, drain: bool) -> None:
        """Free what the source holds. Never waits long.

        Args:
            drain: nothing of worth is to come, only the body's own end: read it,
                within bounds, so that the transport can be used again.
        """
        ...

    def fileno(self) -> int:
        """Give the file descriptor.

        Raises:
            OSError: there is none.
        """
        ...


def wait_readable(descriptor: Any, timeout: float | None) -> bool:
    """Wait until a descriptor can be read.

    Args:
        descriptor: an int, or an object with ``fileno()``.
        timeout: the longest wait in seconds, None for no limit.

    Returns:
        False when the time ran out.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if timeout is None else max(0.0, timeout) * 1000))
