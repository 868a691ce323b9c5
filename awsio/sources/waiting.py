"""Waiting until a file can be read without blocking.

A descriptor says less than a reader needs: bytes may lie in a buffer above it, in
Python or in TLS, and what is readable below may be a part of a TLS record. So the
buffer is looked into with the descriptor not blocking, and only then is waited for.
"""

from __future__ import annotations

import os
import select
import ssl
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from awsio.errors import StreamTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ("read_timeout", "underlying_socket", "wait_for_file", "wait_readable")

LONGEST_POLL = 2_000_000.0  # seconds: poll() takes milliseconds in a C int


def wait_readable(descriptor: Any, deadline: float | None) -> None:
    """Wait until a descriptor can be read.

    Args:
        descriptor: an int, or an object with ``fileno()``.
        deadline: by ``time.monotonic()``; None waits without end.

    Raises:
        StreamTimeoutError: resumable: the deadline passed.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    milliseconds = None
    if deadline is not None:
        milliseconds = min(max(deadline - time.monotonic(), 0.0), LONGEST_POLL) * 1000
    if not poll.poll(milliseconds):
        msg = "nothing came in time; the next read goes on"
        raise StreamTimeoutError(msg, resumable=True)


def underlying_socket(file: Any) -> Any:
    """Find the socket under a buffered file, None if there is none."""
    return getattr(getattr(file, "raw", None), "_sock", None)


def read_timeout(file: Any) -> float | None:
    """Tell how many seconds a read of a socket's file waits; None for one without end."""
    sock = underlying_socket(file)
    # 0 is another reader's look into it, which has the real timeout put aside.
    return None if sock is None else sock.gettimeout() or None


def wait_for_file(file: Any, deadline: float) -> None:
    """Wait until reading a file would give something at once.

    What has no descriptor, or lies on disk, never waits.

    Args:
        file: a file, buffered or raw.
        deadline: by ``time.monotonic()``.

    Raises:
        StreamTimeoutError: resumable: the deadline passed.
        OSError: the descriptor is broken.
    """
    try:
        descriptor = file.fileno()
    except (AttributeError, OSError, ValueError):
        return
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return
    peek = getattr(file, "peek", None)
    if peek is None:
        wait_readable(descriptor, deadline)
        return
    sock = underlying_socket(file)
    while not looked_into(peek, sock, descriptor):
        wait_readable(descriptor, deadline)
        if looked_into(peek, sock, descriptor) is not None:
            return  # bytes; or the end, which is readable and yet gives nothing


def looked_into(peek: Callable[[int], bytes], sock: Any, descriptor: int) -> bool | None:
    """Look for bytes without waiting.

    Returns:
        True if there are bytes; False if there are none; None if TLS has a part of a
        record, so that the descriptor's being readable means nothing.
    """
    try:
        with not_blocking(sock, descriptor):
            return bool(peek(1))
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return None


@contextmanager
def not_blocking(sock: Any, descriptor: int) -> Iterator[None]:
    """Let reads not wait, and afterwards wait as they did."""
    if sock is not None:
        timeout = sock.gettimeout()
        sock.settimeout(0)
    else:
        blocking = os.get_blocking(descriptor)
        os.set_blocking(descriptor, False)
    try:
        yield
    finally:
        with suppress(OSError):  # closed in another thread
            if sock is not None:
                sock.settimeout(timeout)
            else:
                os.set_blocking(descriptor, blocking)
