"""Private names of urllib3: what its response has read, and over which connection.

- ``HTTPResponse._fp`` is http.client's response, from whose file awsio reads: urllib3's own
  reads wait until they are full.
- ``_body`` is the body where it was loaded (``preload_content``, ``data``). The public
  ``data`` would load it.
- ``chunk_left`` is what is left of the chunk that ``stream()`` has begun.
- ``_connection`` is what goes back to the pool, and has to be closed where bytes are left on
  it: closing the response alone leaves that to the garbage collector.
- ``_pool._put_conn`` puts it back. ``release_conn`` does so too, but forgets the connection only
  afterwards: interrupted between the two, the response would close it later, at the latest when
  it is collected, while the next response is read on it. When the interpreter exits, nothing
  goes back: a daemon thread may have been stopped with the lock of the pool's queue.

Only urllib3's own response has to have these names. A stand-in is read by its public
interface.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

from awsio.internals.http_client import is_of
from awsio.internals.private_names import read_private

__all__ = ("chunk_left", "connection", "http_response", "loaded_body", "release")


def read(response: Any, name: str) -> Any:
    """Return a private attribute; of a response that is not urllib3's own it may be None.

    Raises:
        PrivateNameError: urllib3's own response has no such name.
    """
    if is_of(response, "urllib3.response", "HTTPResponse"):
        return read_own(response, name)
    return getattr(response, name, None)


read_own = partial(read_private, "urllib3")


def http_response(response: Any) -> Any:
    """Return what a response reads from: http.client's response, or another file.

    Raises:
        PrivateNameError: it has another name.
    """
    return read(response, "_fp")


def loaded_body(response: Any) -> bytes | None:
    """Return the body if it was loaded, None otherwise.

    Raises:
        PrivateNameError: it has another name.
    """
    body: bytes | None = read(response, "_body")
    return body


def chunk_left(response: Any) -> int | None:
    """Return what is left of the chunk that ``stream()`` has begun; None without one.

    Raises:
        PrivateNameError: it has another name.
    """
    left: int | None = read(response, "chunk_left")
    return left


def connection(response: Any) -> Any:
    """Return the connection that the response still holds, None if it holds none.

    Raises:
        PrivateNameError: it has another name.
    """
    return read(response, "connection")


def release(response: Any) -> None:
    """Return the connection of a response to its pool, once, whatever interrupts it.

    Raises:
        PrivateNameError: urllib3's own response keeps it in another way.
    """
    if sys.is_finalizing():
        return
    if not is_of(response, "urllib3.response", "HTTPResponse"):
        response.release_conn()
        return
    held, pool = read_own(response, "_connection"), read_own(response, "_pool")
    put = None if pool is None else read_own(pool, "_put_conn")
    response._connection = None  # noqa: SLF001 - see above
    if held is not None and put is not None:
        put(held)
