"""Private names of http.client and socket: where the bytes of a body lie, and how they end.

http.client's own reads wait until they are full, or inside a line of the framing, so awsio
reads the file under them:

- ``HTTPResponse.fp`` is that file, which may hold bytes that came with the headers; None
  once the body was read.
- ``chunked``, ``chunk_left`` and ``length`` say how the body is framed, and how much of it
  is left. They have no public name.
- ``SocketIO._sock`` is the socket under a buffered file. A descriptor is not enough: TLS
  holds bytes above it.

Only objects of http.client's and socket's own classes have to have these names. A stand-in,
such as a recording's, is read by its public interface.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Any, NamedTuple

from awsio.internals.private_names import read_private

__all__ = (
    "BodyState",
    "body_file",
    "body_state",
    "file_socket",
    "is_response",
    "underlying_socket",
)

read = partial(read_private, "http.client")


class BodyState(NamedTuple):
    """How a body is framed, from where it was read up to.

    Attributes:
        chunked: whether its transfer encoding is chunked.
        chunk_left: bytes left of the current chunk; None at a size line.
        length: bytes left of a body with a length, None without one.
    """

    chunked: bool
    chunk_left: int | None
    length: int | None


def is_response(reader: Any) -> bool:
    """Return whether an object is http.client's own response, or derives from it."""
    return is_of(reader, "http.client", "HTTPResponse")


def body_file(reader: Any) -> Any:
    """Return the file under a response's body; None once the body was read.

    Raises:
        PrivateNameError: http.client's own response has no such name.
    """
    return read(reader, "fp") if is_response(reader) else getattr(reader, "fp", None)


def body_state(reader: Any) -> BodyState:
    """Return how the body of http.client's own response is framed.

    Raises:
        PrivateNameError: it keeps that under other names.
    """
    chunked = bool(read(reader, "chunked"))
    # The name is set when it is known that the body is chunked.
    chunk_left = read(reader, "chunk_left") if chunked else None
    return BodyState(chunked, chunk_left, read(reader, "length"))


def underlying_socket(file: Any) -> Any:
    """Return the socket under a buffered file, None if there is none.

    Raises:
        PrivateNameError: the raw file is socket's own, and has no such name.
    """
    raw = getattr(file, "raw", None)
    return None if raw is None else file_socket(raw)


def file_socket(file: Any) -> Any:
    """Return the socket under a file, buffered or raw; None if there is none.

    Raises:
        PrivateNameError: the raw file is socket's own, and has no such name.
    """
    raw = getattr(file, "raw", file)
    if is_of(raw, "socket", "SocketIO"):
        return read_private("socket", raw, "_sock")
    return getattr(raw, "_sock", None)


def is_of(value: Any, module: str, name: str) -> bool:
    """Return whether a value is of a class of a module that may not be imported."""
    cls = getattr(sys.modules.get(module), name, None)
    return cls is not None and isinstance(value, cls)
