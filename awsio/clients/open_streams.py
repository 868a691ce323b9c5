"""`OpenStreams`: what one call of `stream_many` reads in this process, to be closed with it.

Rules:

- no lock: a signal handler, a finalizer or a fork may come in the middle of any method. What is
  opened is added before it is asked whether all is closed, and closing is noted before what was
  added is closed, so no stream passes between the two;
- it pickles by a key. In the process that it comes from (a cluster may be in this process) the
  key finds the same object; in another process it is a new one, which nobody closes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    from awsio.connection import PawsConnection

__all__ = ("OpenStreams",)


class OpenStreams:
    """Connections that are being read.

    Attributes:
        key: the process, and a text that no other object has.
        closed: whether :meth:`close` was called.
    """

    def __init__(self) -> None:
        self.key = (os.getpid(), uuid4().hex)
        self.closed = False
        self._connections: set[PawsConnection] = set()
        LIVE[self.key] = self

    def add(self, con: PawsConnection) -> None:
        """Add a connection; it is closed at once if all are."""
        self._connections.add(con)
        if self.closed:
            con.close()

    def remove(self, con: PawsConnection) -> None:
        """Forget a connection that was read."""
        self._connections.discard(con)

    def close(self) -> None:
        """Close every connection, now and later; their readers are woken."""
        self.closed = True
        for con in list(self._connections):
            con.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the key."""
        return found, (self.key,)


LIVE: WeakValueDictionary[tuple[int, str], OpenStreams] = WeakValueDictionary()


def found(key: tuple[int, str]) -> OpenStreams:
    """Return the object of this process, or a new one."""
    here = LIVE.get(key) if key[0] == os.getpid() else None
    return OpenStreams() if here is None else here
