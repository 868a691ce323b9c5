"""What the user's functions return to `resume`: a connection, and how its stream continues.

Rules:

- what is refused is closed, because no one else would close it;
- a ``StopIteration`` of the user's function is an error, never the end of the events (as in
  PEP 479, for generators).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.eventstream import EventStream
from botocore.response import StreamingBody

from awsio.clients.connect import connect
from awsio.clients.doors import is_async
from awsio.clients.stream_handler import StreamHandler
from awsio.connection import PawsConnection
from awsio.resuming.rules import ResumeRule, resume_rule

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("connection_of", "name_of", "result_of", "rule_for")

Position = TypeVar("Position")
Result = TypeVar("Result")


def result_of(name: str, function: Callable[..., Result], *args: Any) -> Result:
    """Call the user's function.

    Args:
        name: the name of the argument that it is, for the error.
        function: the function.
        args: its arguments.

    Raises:
        RuntimeError: it raised ``StopIteration``.
        Exception: any other error that it raised.
    """
    try:
        return function(*args)
    except StopIteration as error:
        msg = f"{name} raised StopIteration, which would look like the end of the events"
        raise RuntimeError(msg) from error


def connection_of(opened: Any) -> PawsConnection:
    """Return the connection in what was opened.

    Raises:
        TypeError: there is none, or more than one stream; the streams are closed then.
    """
    if isinstance(opened, Mapping):
        streams = [one for one in opened.values() if isinstance(one, (StreamHandler, EventStream))]
        if len(streams) != 1:
            for stream in streams:
                stream.close()
            msg = f"the response that open returned to resume() has {len(streams)} streams, not one"
            raise TypeError(msg)
        opened = streams[0]
    if isinstance(opened, PawsConnection):
        return opened
    if is_async(opened) or not isinstance(opened, (StreamHandler, EventStream, StreamingBody)):
        hint = " (is a return missing?)" if opened is None else ""
        if iscoroutine(opened):
            opened.close()  # no one will await it
        if iscoroutine(opened) or is_async(opened):
            hint = ": use boto3, under asyncio in a thread"
        msg = (
            f"open returned a {type(opened).__name__} to resume(); it must return the "
            f"response, its stream handler or a connection{hint}"
        )
        raise TypeError(msg)
    return connect(opened)


def rule_for(
    con: PawsConnection, advance: Callable[[Any, Position], Position] | None
) -> ResumeRule:
    """Return how a connection's stream is continued.

    Raises:
        TypeError: that is not known.
    """
    rule = resume_rule(getattr(con.parser, "service_name", None), name_of(con))
    if advance is not None:
        return ResumeRule(advance) if rule is None else replace(rule, advance=advance)
    if rule is None:
        msg = (
            f"a stream of {name_of(con) or 'frames'} has no position to continue from: another "
            "call would start from the beginning. resume() needs advance=, a function of an "
            "event and the position before it that returns the position after it"
        )
        raise TypeError(msg)
    return rule


def name_of(con: PawsConnection | None) -> str:
    """Return the operation of a connection, empty where it is not known."""
    parser = con.parser if con is not None else None
    return parser.operation_name if parser is not None else ""
