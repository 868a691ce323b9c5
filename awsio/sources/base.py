"""What a connection asks of its byte source."""

from __future__ import annotations

from typing import Protocol

__all__ = ("ByteSource",)


class ByteSource(Protocol):
    """Bytes that come one after another.

    A source that has raised anything but a resumable timeout from :meth:`read` is of
    no more use but to be closed.
    """

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Wait for bytes and give what is there; never wait for more than that.

        Args:
            size: the most to give, at least 1.
            deadline: when to stop waiting, by ``time.monotonic()``; None waits as long
                as the transport does.

        Returns:
            The bytes, ``b""`` at the end.

        Raises:
            StreamTimeoutError: resumable if the deadline passed: nothing is lost.
            TruncatedStreamError: the transport says that bytes are missing.
            ConnectionLostError: the transport broke.
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

    @property
    def timeout(self) -> float | None:
        """Seconds that a read without deadline waits for bytes; None without end."""
        ...
