"""`WatchedSource`: a byte source whose own mistakes are told from those of what reads it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from awsio.errors import StreamError
from awsio.sources import ByteSource, WrappedSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("WatchedSource", "raised")


class WatchedSource(WrappedSource):
    """A byte source under trial.

    Args:
        source: the byte source; closed with this one.
        note: called with what the source has done wrong and the error that tells of it,
            before the error goes to the reader.
    """

    def __init__(self, source: ByteSource, note: Callable[[str, Exception], None]) -> None:
        super().__init__(source)
        self._note = note

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Read, and look at what comes.

        Raises:
            AssertionError: it is no bytes, or more of them than were asked for.
        """
        with self._noted():
            data: Any = super().read(size, deadline)
        if not isinstance(data, bytes):
            kind = "None" if data is None else type(data).__name__
            self._refuse(size, f"{kind}, not bytes")
        if len(data) > size:
            self._refuse(size, f"{len(data)} bytes, more than were asked for")
        return data

    def _refuse(self, size: int, data: str) -> NoReturn:
        """Say what a read gave that it must not give."""
        error = AssertionError(f"the source's read({size}) gave {data}")
        self._note(str(error), error)
        raise error

    def wake(self) -> None:
        """Wake a reader."""
        with self._noted():
            super().wake()

    def close(self, *, drain: bool) -> None:
        """Close the source."""
        with self._noted():
            super().close(drain=drain)

    @contextmanager
    def _noted(self) -> Iterator[None]:
        """Note what is raised."""
        try:
            yield
        except Exception as error:
            self._note(raised("the source", error), error)
            raise


def raised(who: str, error: Exception) -> str:
    """Say what somebody raised."""
    seen = f"{who} raised {type(error).__name__}: {error}"
    if isinstance(error, TimeoutError) and not isinstance(error, StreamError):
        seen += " (at its deadline, a read raises StreamTimeoutError of awsio, resumable)"
    return seen
