"""Bytes of files: on disk, in memory, of pipes and sockets."""

from __future__ import annotations

import os
import stat
from typing import Any

from awsio.errors import ConnectionLostError, StreamTimeoutError
from awsio.sources.base import wait_readable

__all__ = ("FileSource",)


class FileSource:
    """Bytes of an object with ``read``.

    Args:
        file: opened for reading bytes. Its ``read1`` is preferred, for ``read`` of a
            buffered file waits until it has everything that was asked for.
    """

    def __init__(self, file: Any) -> None:
        self.file = file
        self._read = getattr(file, "read1", None) or file.read

    def read(self, size: int) -> bytes:
        """Give the bytes that are there; see :class:`~awsio.sources.ByteSource`."""
        try:
            data = self._read(size)
            while data is None:  # a raw file in non-blocking mode has nothing now
                wait_readable(self.file, None)
                data = self._read(size)
        except TimeoutError as error:
            msg = f"the read timed out: {error}"
            raise StreamTimeoutError(msg) from error
        except OSError as error:
            msg = f"reading failed: {error}"
            raise ConnectionLostError(msg) from error
        return data if type(data) is bytes else bytes(data)

    def wait(self, timeout: float) -> bool:
        """Wait by the descriptor; what has none, or is on disk, never waits."""
        try:
            descriptor = self.file.fileno()
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return True
        except (AttributeError, OSError):
            return True
        return wait_readable(descriptor, timeout)

    def wake(self) -> None:
        """Do nothing: a read of a file cannot be broken off."""

    def close(self, *, drain: bool) -> None:  # noqa: ARG002 - every source takes it
        """Close the file."""
        close = getattr(self.file, "close", None)
        if close is not None:
            close()

    def fileno(self) -> int:
        """Give the file's descriptor."""
        descriptor: int = self.file.fileno()
        return descriptor
