"""Frames to events and back, by the shapes of botocore's models.

An operation's event stream is a union: each frame carries one member. The
:class:`EventParser` of an operation turns a frame into an :class:`Event`, a dict
of just that member as boto3 gives it; the :class:`EventSerializer` does the
inverse. Both compile a function per member once and then only call it.

Nothing here reads or waits: shapes and frames in, dicts and frames out.
"""

from __future__ import annotations

from awsio.events.event import Event, UnknownEvent
from awsio.events.models import operation_model
from awsio.events.parser import EventParser
from awsio.events.plain_values import plain
from awsio.events.serializing import EventSerializer
from awsio.events.terminal import TERMINAL_EVENTS, terminal_events

__all__ = (
    "TERMINAL_EVENTS",
    "Event",
    "EventParser",
    "EventSerializer",
    "UnknownEvent",
    "operation_model",
    "plain",
    "terminal_events",
)
