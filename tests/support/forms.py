"""Every form in which a user may read the stream of a response."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from typing import Any, TypeAlias

import awsio
from awsio import PawsConnection

__all__ = ("CLOSING", "DROPPING", "RAW", "READING", "Form")

#: Called with a response and the member of it that is the stream.
Form: TypeAlias = Callable[[dict[str, Any], str], object]


def read(con: PawsConnection, reader: Callable[[PawsConnection], Any]) -> None:
    """Read with a function until there is no more, and close."""
    with con:
        while reader(con) is not None:
            pass


def copy(con: PawsConnection) -> None:
    with con:
        shutil.copyfileobj(con, io.BytesIO())


def buffered(con: PawsConnection) -> None:
    with io.BufferedReader(con) as file:
        file.read()


def some_of_each(con: PawsConnection) -> None:
    """Read a frame, the bytes of a frame, and the rest as events."""
    with con:
        con.read_frame()
        wire = con.read(12)
        con.read(int.from_bytes(wire[:4], "big") - len(wire))
        list(con)


def with_handler(response: dict[str, Any], member: str) -> None:
    with response[member] as stream:
        assert list(stream)


def parsed_as_in_paws(response: dict[str, Any], member: str) -> None:
    con = response[member].connection()
    while awsio.paws_stream_parser(con) is not None:
        pass


def handler_of_reader(response: dict[str, Any], member: str) -> None:
    while awsio.paws_stream_parser(response[member]) is not None:
        pass


def one_by_one(response: dict[str, Any], member: str) -> None:
    with response[member].connection() as con:
        while con.read_event(timeout=30) is not None:
            pass


def resumed(response: dict[str, Any], member: str) -> None:
    def advance(_: Any, position: Any) -> Any:
        return (position or 0) + 1

    opened = iter([{member: response[member]}])
    with awsio.resume(lambda _: next(opened), None, advance=advance) as events:
        assert list(events)


#: To the end of the stream.
READING: dict[str, Form] = {
    "a loop": lambda response, member: list(response[member]),
    "a loop in with": with_handler,
    "paws's function": lambda response, member: response[member](lambda event: event),
    "each": lambda response, member: response[member].each(lambda event: event),
    "paws's connection": lambda response, member: list(response[member](connection=True)),
    "connection": lambda response, member: list(response[member].connection()),
    "with": lambda response, member: read(
        response[member].connection(), lambda con: con.read_event()
    ),
    "timeouts": one_by_one,
    "select": lambda response, member: list(response[member].connection().select("metadata")),
    "paws_stream_parser": parsed_as_in_paws,
    "paws_stream_parser of the stream": handler_of_reader,
    "frames": lambda response, member: read(response[member].connection(), awsio.resp_stream_aws),
    "raw events": lambda response, member: read(
        response[member].connection(), lambda con: con.read_event(raw=True)
    ),
    "bytes": lambda response, member: read(response[member].connection(), awsio.resp_stream_raw),
    "all bytes": lambda response, member: response[member].connection().readall(),
    "copyfileobj": lambda response, member: copy(response[member].connection()),
    "BufferedReader": lambda response, member: buffered(response[member].connection()),
    "some of each": lambda response, member: some_of_each(response[member].connection()),
    "connect": lambda response, member: list(awsio.connect(response[member])),
    "merge": lambda response, member: list(awsio.merge(response[member])),
    "resume": resumed,
}


#: The forms that return frames or bytes: an exception of the service is one of them.
RAW = frozenset(
    {
        "frames",
        "raw events",
        "bytes",
        "all bytes",
        "copyfileobj",
        "BufferedReader",
    }
)


def first_of_loop(response: dict[str, Any], member: str) -> None:
    for _ in response.pop(member):
        break


def leave_with(response: dict[str, Any], member: str) -> None:
    with response[member] as stream:
        next(iter(stream))


def leave_with_connection(response: dict[str, Any], member: str) -> None:
    with response[member].connection() as con:
        con.read_event()


def leave_with_error(response: dict[str, Any], member: str) -> None:
    try:
        with response[member].connection() as con:
            con.read_event()
            con.read_event(max_size=-1)
    except ValueError:
        pass


def leave_bytes(response: dict[str, Any], member: str) -> None:
    with response[member].connection() as con:
        con.read(1)


def leave_merge(response: dict[str, Any], member: str) -> None:
    with awsio.merge(response[member]) as events:
        next(events)


#: Closed before the end.
CLOSING: dict[str, Form] = {
    "with": leave_with,
    "with a connection": leave_with_connection,
    "an error in with": leave_with_error,
    "closed unread": lambda response, member: response[member].close(),
    "the connection closed unread": lambda response, member: response[member].connection().close(),
    "a byte": leave_bytes,
    "merge": leave_merge,
}

#: Dropped before the end.
DROPPING: dict[str, Form] = {
    "a loop broken off": first_of_loop,
    "unread": lambda response, member: response.pop(member) and None,
    "a connection": lambda response, member: response.pop(member).connection().read_event(),
}
