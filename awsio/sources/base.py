"""What a connection asks of its byte source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("ByteSource", "WrappedSource")


class ByteSource(Protocol):
    """What :class:`~awsio.PawsConnection` reads its bytes from.

    An object with ``read`` and ``wake`` is treated as a byte source, and needs all that is
    described here; it need not be a subclass. One reader at a time calls :meth:`read`.
    :meth:`wake` may be called from another thread during a read. :meth:`close` is called
    once, by the last user of the source.

    After :meth:`read` has raised anything but a resumable timeout, the source is only
    closed.

    Three attributes are optional:

    - ``fills``: True if a read may wait until it has all that was asked for, as ``read`` of
      most files does, against the rule of :meth:`read`. The connection then asks for 64 KiB
      at most, otherwise for up to 1 MiB.
    - ``framed``: False if the bytes are not to be treated as frames, whatever they look
      like.
    - ``known_as``: a function of an error that a read of the connection raises, or the
      ``ValueError`` for a closed one. It returns the error to raise in its place, such as one
      that is also of a class that users of the source catch; None for the error itself.
    """

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Wait for bytes and return what is there; never wait for more than that.

        Args:
            size: the most bytes to return, at least 1.
            deadline: when to stop waiting, by ``time.monotonic()``; None waits as long
                as the transport does.

        Returns:
            The bytes, of the type ``bytes``; ``b""`` at the end, and only there.

        Raises:
            StreamTimeoutError: resumable: the deadline passed, perhaps before the call;
                nothing is lost.
            TruncatedStreamError: the transport says that bytes are missing.
            ConnectionLostError: the transport broke.
        """
        ...

    def wake(self) -> None:
        """End a read in another thread at once, where that can be done.

        What that read returns or raises does not matter: the connection is closed.
        """
        ...

    def close(self, *, drain: bool) -> None:
        """Free what the source holds. Never waits long.

        Args:
            drain: the events are complete, and only the body's own end is to come: read it,
                within bounds, so that the transport can be reused.
        """
        ...

    def fileno(self) -> int:
        """Return the file descriptor.

        Raises:
            OSError: there is none.
        """
        ...

    @property
    def timeout(self) -> float | None:
        """Seconds that a read without a deadline waits for bytes; None waits without end."""
        ...


class WrappedSource:
    """A source over another one, which does everything that is not overridden.

    Args:
        source: the other source; closed with this one.

    Attributes:
        http: the response that the bytes belong to, None without one.
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
        """Return the source's descriptor."""
        return self._source.fileno()

    @property
    def timeout(self) -> float | None:
        """The source's own."""
        return self._source.timeout

    @property
    def fills(self) -> bool:
        """The source's own, False where it has none."""
        return bool(getattr(self._source, "fills", False))

    @property
    def framed(self) -> bool:
        """The source's own, True where it has none."""
        return bool(getattr(self._source, "framed", True))

    @property
    def known_as(self) -> Callable[[BaseException], BaseException | None] | None:
        """The source's own, None where it has none."""
        found: Callable[[BaseException], BaseException | None] | None = getattr(
            self._source, "known_as", None
        )
        return found
