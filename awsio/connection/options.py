"""`StreamOptions`: what can be set for a stream, in one frozen object.

The object is passed whole from the client to the connection, and travels in a client's
pickle. A new option is one field of :class:`StreamOptions`, with its line in
:class:`StreamOptionArguments` for type checkers and editors, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypedDict

from awsio.eventstream import MAX_HEADERS, MAX_PAYLOAD
from awsio.suggestions import close_matches, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("DEFAULT_OPTIONS", "StreamOptionArguments", "StreamOptions")

MAX_VERBOSITY = 3


@dataclass(frozen=True, kw_only=True)
class StreamOptions:
    """The options of a stream.

    Attributes:
        require_terminal: whether a clean end without the operation's terminal event, or
            without the initial response that a stream opens with, is an
            :class:`~awsio.errors.IncompleteStreamError`.
        verbosity: what connections log to the logger ``awsio``: 0 nothing, 1 headers, 2
            also frames with their payloads, 3 also every read.
        idle_timeout: seconds of silence after which a read without a timeout of its own
            raises a resumable :class:`~awsio.errors.StreamTimeoutError`; None leaves it to
            the transport, which has botocore's ``read_timeout``.
        unknown_events: whether a loop over the handler of an event stream, such as
            ``for event in resp["stream"]``, has events of types that the model does not know.
            Without them each is logged to the logger ``awsio``, at level INFO. None: the loops
            of :func:`awsio.client` have them, those of :func:`awsio.attach` do not, as in
            boto3. Connections have them always, and functions get them.
        max_payload: the longest payload accepted, in bytes.
        max_headers: the longest header block accepted, in bytes.

    Raises:
        TypeError: ``verbosity`` or a limit is not an int.
        ValueError: ``idle_timeout`` or a limit is negative, or ``verbosity`` is not from 0
            to 3.

    Example:
        >>> import awsio
        >>> options = awsio.StreamOptions(idle_timeout=30, max_payload=1024 * 1024)
        >>> client = awsio.s3(region="us-east-1", options=options, verbosity=1)
    """

    require_terminal: bool = True
    verbosity: int = 0
    idle_timeout: float | None = None
    unknown_events: bool | None = None
    max_payload: int = MAX_PAYLOAD
    max_headers: int = MAX_HEADERS

    def __post_init__(self) -> None:
        """Check the values."""
        verbosity: Any = self.verbosity
        if isinstance(verbosity, bool) or not isinstance(verbosity, int):
            msg = f"verbosity is an int from 0 to {MAX_VERBOSITY}, not {verbosity!r}"
            raise TypeError(msg)
        if not 0 <= verbosity <= MAX_VERBOSITY:
            msg = f"verbosity is an int from 0 to {MAX_VERBOSITY}, not {verbosity}"
            raise ValueError(msg)
        if self.idle_timeout is not None and not self.idle_timeout >= 0:
            msg = f"idle_timeout is in seconds, 0 or more, or None: not {self.idle_timeout!r}"
            raise ValueError(msg)
        check_limit("max_payload", self.max_payload)
        check_limit("max_headers", self.max_headers)

    def with_changes(self, changes: Mapping[str, Any]) -> StreamOptions:
        """Return these options with some of them changed.

        Args:
            changes: keyword arguments as a user wrote them.

        Raises:
            TypeError: an option does not exist, or has a value of the wrong type.
            ValueError: an option has an impossible value.
        """
        if not changes:
            return self
        known = [field.name for field in fields(self)]
        for name in changes:
            if name not in known:
                hint = did_you_mean(close_matches(name, known))
                msg = f"unexpected keyword argument {name!r}{hint}"
                raise TypeError(msg)
        return replace(self, **changes)


def check_limit(name: str, value: Any) -> None:
    """Refuse a number of bytes that cannot be a limit.

    Raises:
        TypeError: it is not an int.
        ValueError: it is negative.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        msg = f"{name} is a number of bytes, an int: not {value!r}"
        raise TypeError(msg)
    if value < 0:
        msg = f"{name} is a number of bytes, 0 or more: not {value}"
        raise ValueError(msg)


class StreamOptionArguments(TypedDict, total=False):
    """The options of :class:`StreamOptions` as keyword arguments."""

    require_terminal: bool
    verbosity: int
    idle_timeout: float | None
    unknown_events: bool | None
    max_payload: int
    max_headers: int


DEFAULT_OPTIONS = StreamOptions()
"""What a connection has where nothing was set."""
