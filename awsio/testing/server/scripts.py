"""What was added to the server: how calls are to be answered, in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from awsio.errors import EventSerializeError
from awsio.events import EventSerializer
from awsio.testing.encoding import Item, encode_item, has_initial_response
from awsio.testing.server.bodies import body_pieces, is_whole
from awsio.testing.server.outputs import check_stream_output, raw_payload, write_output

if TYPE_CHECKING:
    from botocore.model import OperationModel

__all__ = ("EventsFunction", "OutputFunction", "Script", "ScriptQueues", "make_script")

#: The arguments of a call to the items of its stream.
EventsFunction: TypeAlias = Callable[[Mapping[str, Any]], Iterable[Item]]
#: The arguments of a call to its output.
OutputFunction: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Script:
    """How one call is answered.

    Attributes:
        items: the encoded items of the stream; None where a function gives them, or
            where the call is answered as without a script.
        function: gives the items of the stream.
        delay: seconds before each item, or before each piece of a body.
        error: the code of an error instead of a stream or an output.
        message: the error's message.
        output: members of the output outside the stream, or a function that returns them;
            None for samples.
        initial_response: whether an RPC protocol's initial response is sent.
        status: the HTTP status; None for what the model says.
        headers: HTTP headers besides the model's, which they replace.
    """

    items: tuple[bytes, ...] | None = None
    function: EventsFunction | None = None
    delay: float = 0.0
    error: str | None = None
    message: str = ""
    output: Mapping[str, Any] | OutputFunction | None = None
    initial_response: bool = True
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def make_script(
    operation: OperationModel, events: Iterable[Item] | EventsFunction | None, **options: Any
) -> Script:
    """Make a script and check it.

    Args:
        operation: the operation's model.
        events: the items of the stream, a function that gives them, or None.
        options: other attributes of :class:`Script`; None stands for the default.

    Raises:
        EventSerializeError: an event, an output member or the operation is wrong.
    """
    given = {name: value for name, value in options.items() if value is not None}
    if "error" in given and (events is not None or "output" in given):
        msg = "an error comes instead of a stream or an output: it has neither events nor output"
        raise EventSerializeError(msg)
    if given.get("initial_response") and not has_initial_response(operation):
        msg = f"{operation.name} has no initial response: only RPC protocols' event streams do"
        raise EventSerializeError(msg)
    if events is None and not operation.has_event_stream_output:
        return Script(**prepare_output(operation, given))
    serializer = EventSerializer(operation)
    if isinstance(given.get("output"), Mapping):
        check_stream_output(operation, serializer, given["output"])
    if events is None:
        return Script(**given)
    if callable(events):
        return Script(function=events, **given)
    return Script(items=tuple(encode_item(serializer, item) for item in events), **given)


def prepare_output(operation: OperationModel, options: dict[str, Any]) -> dict[str, Any]:
    """Make the output of a script one that many calls can have, and check it.

    Raises:
        EventSerializeError: the operation cannot send it.
    """
    output = options.get("output")
    if not isinstance(output, Mapping):
        return options
    protocol = operation.service_model.resolved_protocol
    payload = raw_payload(operation, protocol)
    if payload is not None and output.get(payload) is not None and not is_whole(output[payload]):
        output = {**output, payload: body_pieces(output[payload])}
    write_output(operation, protocol, output)
    return {**options, "output": output}


class ScriptQueues:
    """The scripts of a server. Calls take them in order, and the last one stays.

    Args:
        default: answers the calls of operations that have no script.
    """

    def __init__(self, default: Script) -> None:
        self.default = default
        self._lock = threading.Lock()
        self._queues: dict[tuple[str, str], deque[Script]] = {}
        self._used: set[tuple[str, str]] = set()  # whose first script a call has had

    def add(self, operation: OperationModel, script: Script) -> None:
        """Put a script after the others of its operation."""
        key = key_of(operation)
        with self._lock:
            queue = self._queues.setdefault(key, deque())
            if key in self._used:  # it stayed for want of another
                self._used.remove(key)
                queue.clear()
            queue.append(script)

    def take(self, operation: OperationModel) -> Script:
        """Return the script of the next call."""
        key = key_of(operation)
        with self._lock:
            queue = self._queues.get(key)
            if queue is None:
                return self.default
            if len(queue) > 1:
                return queue.popleft()
            self._used.add(key)
            return queue[0]


def key_of(operation: OperationModel) -> tuple[str, str]:
    """Name an operation."""
    return operation.service_model.service_name, operation.name
