"""What a connection asks of its byte source."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ("ByteSource", "WrappedSource")


class ByteSource(Protocol):
    """Bytes that come one after another: what :class:`~awsio.PawsConnection` reads from.

    An object with ``read`` and ``wake`` is taken for one, and needs all that is described
    here; it need not be a subclass. One reader at a time calls :meth:`read`;
    :meth:`wake` is called from another thread meanwhile, :meth:`close` once, by whoever
    is the last to use the source.

    A source that has raised anything but a resumable timeout from :meth:`read` is of
    no more use but to be closed.

    It may have an attribute ``fills``: True if a read may wait until it has all that was
    asked for, against the rule of :meth:`read`, as ``read`` of most files does. The
    connection does not ask it for more than 64 KiB then, and otherwise for up to 1 MiB.
    """

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Wait for bytes and give what is there; never wait for more than that.

        Args:
            size: the most to give, at least 1.
            deadline: when to stop waiting, by ``time.monotonic()``; None waits as long
                as the transport does.

        Returns:
            The bytes, as ``bytes`` and of no other type; ``b""`` at the end, and only there.

        Raises:
            StreamTimeoutError: resumable if the deadline passed, which it may have done
                at the call: nothing is lost.
            TruncatedStreamError: the transport says that bytes are missing.
            ConnectionLostError: the transport broke.
        """
        ...

    def wake(self) -> None:
        """Make a read in another thread end at once, where that can be done.

        What that read gives or raises does not matter: the connection is closed.
        """
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


class WrappedSource:
    """A source over another one, which does all that is not overridden.

    Args:
        source: the other one; closed with this one.

    Attributes:
        http: the response that the bytes are of, None if they are of none.
    """

    def __init__(self, source: ByteSource) -> None:
        self.http: Any = getattr(source, "http", None)
        self._source = source

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Read from the source; see :class:`ByteSource`."""
        return self._source.read(size, deadline)

    def wake(self) -> None:
        """Wake a reader of the source."""
        self._source.wake()

    def close(self, *, drain: bool) -> None:
        """Close the source."""
        self._source.close(drain=drain)

    def fileno(self) -> int:
        """Give the source's descriptor."""
        return self._source.fileno()

    @property
    def timeout(self) -> float | None:
        """As the source's."""
        return self._source.timeout

    @property
    def fills(self) -> bool:
        """As the source's, which need not say it."""
        return bool(getattr(self._source, "fills", False))

    @property
    def framed(self) -> bool:
        """As the source's, likewise."""
        return bool(getattr(self._source, "framed", True))
