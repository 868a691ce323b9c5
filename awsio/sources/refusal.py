"""Why no bytes can be read from an object, and what to pass in its place."""

from __future__ import annotations

import codecs
import inspect
import io
from collections.abc import Mapping
from os import PathLike
from socket import socket
from typing import Any

__all__ = ("is_awaited", "not_bytes", "refusal")

WANTED = "a connection reads bytes of a file or a response"
AWAITED = "which is read with await: pass an ordinary file"


def refusal(source: Any) -> str | None:
    """Return the message for an object that no bytes can be read from; None where some can.

    Args:
        source: what a user passed; not a response.
    """
    hint = reason(source)
    if hint is None:
        return None
    kind = f"the class {source.__name__}" if isinstance(source, type) else type(source).__name__
    return f"{WANTED}, not of {kind}{hint}"


def reason(source: Any) -> str | None:
    """Return what the message says after the kind of the object; None if it can be read."""
    if isinstance(source, type):
        return ""
    read = getattr(source, "read", None)
    if read is None:
        return next((hint for kind, hint in HINTS if isinstance(source, kind)), hint_of(source))
    if inspect.iscoroutinefunction(read):
        return f", {AWAITED}"
    if is_text(source):
        buffer = "pass its buffer, or " if hasattr(source, "buffer") else ""
        return f', which gives text: {buffer}open it for reading bytes, with the mode "rb"'
    return None


def is_text(file: Any) -> bool:
    """Return whether a file gives text. One of :mod:`tempfile` or :mod:`codecs` wraps another."""
    if isinstance(file, (io.TextIOBase, codecs.StreamReader)):
        return True
    return isinstance(getattr(file, "encoding", None), str) and hasattr(file, "readline")


def hint_of(source: Any) -> str:
    """Return the hint for an object without ``read`` that no class tells."""
    if is_awaited(source) or hasattr(source, "__aiter__"):
        return f", {AWAITED}"
    if hasattr(source, "get_initial_response"):  # botocore's EventStream: it may not be imported
        return ": awsio.connect() makes a connection of it"
    return ""


# In place of objects without ``read``.
HINTS: tuple[tuple[type, str], ...] = (
    (Mapping, ": awsio.connect() takes the stream in a response"),
    (str, ": awsio.open() takes a path"),
    (PathLike, ": awsio.open() takes a path"),
    (bytes, ": awsio.open() takes bytes"),
    (bytearray, ": awsio.open() takes bytes"),
    (memoryview, ": awsio.open() takes bytes"),
    (socket, ': pass its file, sock.makefile("rb")'),
)


def is_awaited(thing: Any) -> bool:
    """Return whether an object is to be awaited, as what an async function returns is."""
    return inspect.isawaitable(thing)


def not_bytes(owner: Any, data: Any) -> TypeError:
    """Return the error for a read that returned something other than bytes.

    Args:
        owner: what was read.
        data: what it returned. A coroutine is closed, which no one will await.
    """
    hint = ""
    if is_awaited(data):
        hint = ": it is read with await, which a connection does not do"
        if inspect.iscoroutine(data):
            data.close()
    msg = f"read() of a {type(owner).__name__} returned {type(data).__name__}, not bytes{hint}"
    return TypeError(msg)
