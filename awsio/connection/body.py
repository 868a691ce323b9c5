"""What a body is: an event stream, a damaged one, or something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awsio.errors import NotAnEventStreamError, PreludeChecksumError, TruncatedStreamError
from awsio.eventstream.boundaries import looks_like_text
from awsio.eventstream.layout import PRELUDE_LENGTH
from awsio.media_type import EVENT_STREAM, charset, media_type

if TYPE_CHECKING:
    from awsio.errors import StreamError

__all__ = ("ResponseFacts", "check_answer", "check_head", "judged")

HEAD_SHOWN = 256
INFORMATIONAL = range(100, 200)
# A body under these says nothing about being something else than frames.
NEUTRAL_TYPES = frozenset({"", EVENT_STREAM, "application/octet-stream"})


@dataclass
class ResponseFacts:
    """What errors say of the response. A two-way stream learns it after it has begun.

    Attributes:
        status_code: the HTTP status, None without a response.
        content_type: the ``Content-Type`` header, None without one.
    """

    status_code: int | None = None
    content_type: str | None = None

    @property
    def charset(self) -> str:
        """The charset that the content type names, UTF-8 where it names none."""
        return charset(self.content_type)

    def not_an_event_stream(self, message: str, head: bytes = b"") -> NotAnEventStreamError:
        """Create the error for a body of another kind."""
        return NotAnEventStreamError(
            message, status_code=self.status_code, content_type=self.content_type, head=head
        )


def check_answer(facts: ResponseFacts) -> None:
    """Raise for the empty body of an informational response.

    http.client takes any informational response but 100 for the answer itself, which
    follows it and is never read (https://github.com/python/cpython/issues/68655).

    Raises:
        NotAnEventStreamError: the response is one.
    """
    if facts.status_code in INFORMATIONAL:
        msg = (
            f"the server sent an informational response, {facts.status_code}, before its "
            "answer, and the answer could not be read"
        )
        raise facts.not_an_event_stream(msg)


def judged(error: StreamError, facts: ResponseFacts, buffered: bytes) -> StreamError:
    """Return the error for a body that fails before its first frame.

    Its first bytes decide, then its content type: servers send right bodies under wrong
    types, and gateways send pages of text under the right one.

    Args:
        error: what decoding said.
        facts: what the response says of the body.
        buffered: the body so far.

    Returns:
        ``error`` for a damaged or cut event stream, otherwise NotAnEventStreamError.
    """
    if not isinstance(error, (PreludeChecksumError, TruncatedStreamError)):
        return error
    head = buffered[:HEAD_SHOWN]
    kind = media_type(facts.content_type)
    damaged = kind in NEUTRAL_TYPES or isinstance(error, TruncatedStreamError)
    if damaged and not looks_like_text(head):
        return error
    return other_body(facts, head)


def other_body(facts: ResponseFacts, head: bytes) -> NotAnEventStreamError:
    """Return the error for a body that is no event stream."""
    kind = media_type(facts.content_type)
    if kind == EVENT_STREAM:
        msg = f"the body is not the event stream that its content type says: {head[:60]!r}"
    else:
        msg = f"the body is not an event stream but {kind or 'of unknown type'}: {head[:60]!r}"
    return facts.not_an_event_stream(msg, head)


def check_head(facts: ResponseFacts, head: bytes) -> None:
    """Look at the first bytes of a body that are too few for a frame's prelude.

    A short text, such as a server-sent comment, is not held back until more of it comes.

    Raises:
        NotAnEventStreamError: they are text.
    """
    if len(head) < PRELUDE_LENGTH and looks_like_text(head):
        raise other_body(facts, head)
