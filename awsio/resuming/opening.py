"""What the user's functions return to `resume`: a connection, and how its stream continues.

Rules:

- what is refused is closed, for nobody else would;
- a ``StopIteration`` of the user's is an error, and never the end of the events (as
  PEP 479 has it for generators).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.eventstream import EventStream
from botocore.response import StreamingBody

from awsio.clients.connect import connect
from awsio.clients.stream_handler import StreamHandler
from awsio.connection import PawsConnection
from awsio.resuming.rules import ResumeRule, resume_rule

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("connection_of", "name_of", "result_of", "rule_for")

Position = TypeVar("Position")
Result = TypeVar("Result")


def result_of(name: str, function: Callable[..., Result], *args: Any) -> Result:
    """Call a function of the user's.

    Args:
        name: what it is called here, for the error.
        function: the function.
        args: its arguments.

    Raises:
        RuntimeError: it raised ``StopIteration``.
        Exception: whatever else it raised.
    """
    try:
        return function(*args)
    except StopIteration as error:
        msg = f"{name} raised StopIteration, which would look like the end of the events"
        raise RuntimeError(msg) from error


def connection_of(opened: Any) -> PawsConnection:
    """Find the connection in what was opened.

    Raises:
        TypeError: there is none, or more than one; the streams are closed then.
    """
    if isinstance(opened, Mapping):
        streams = [one for one in opened.values() if isinstance(one, (StreamHandler, EventStream))]
        if len(streams) != 1:
            for stream in streams:
                stream.close()
            msg = f"the response that open gave to resume() has {len(streams)} streams, not one"
            raise TypeError(msg)
        opened = streams[0]
    if isinstance(opened, PawsConnection):
        return opened
    if not isinstance(opened, (StreamHandler, EventStream, StreamingBody)):
        hint = " (is a return missing?)" if opened is None else ""
        msg = (
            f"open gave resume() a {type(opened).__name__}; it gives the response, "
            f"its stream handler or a connection{hint}"
        )
        raise TypeError(msg)
    return connect(opened)


def rule_for(
    con: PawsConnection, advance: Callable[[Any, Position], Position] | None
) -> ResumeRule:
    """Find how a connection's stream is taken up.

    Raises:
        TypeError: it is not known.
    """
    rule = resume_rule(getattr(con.parser, "service_name", None), name_of(con))
    if advance is not None:
        return ResumeRule(advance) if rule is None else replace(rule, advance=advance)
    if rule is None:
        msg = (
            f"a stream of {name_of(con) or 'frames'} has no position to go on from: to call again "
            "would begin anew. resume() needs advance=, a function of an event and the "
            "position before it that gives the position behind it"
        )
        raise TypeError(msg)
    return rule


def name_of(con: PawsConnection | None) -> str:
    """Name the operation of a connection, empty where it is not known."""
    parser = con.parser if con is not None else None
    return parser.operation_name if parser is not None else ""
