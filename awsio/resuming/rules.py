"""Where a stream that broke off continues: what the models do not say of resuming.

One table, by ``(service, operation)``, for the operations whose stream a second call
continues. An operation without a row has no such call: its request sent again would
start from the beginning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awsio.events.tables import find_operation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ("RESUME_RULES", "ResumeRule", "resume_rule")

NONE: frozenset[str] = frozenset()


def never(_: Mapping[str, Any]) -> bool:
    """Return False: no event is known to be the last."""
    return False


@dataclass(frozen=True)
class ResumeRule:
    """How the stream of an operation is continued by another call.

    Attributes:
        advance: returns the position after an event, from the event and the position
            before it.
        is_last: whether an event is the last that there will ever be.
        reopens_at_end: whether a clean end is the end of a session and not of the data,
            so that the stream is opened again.
        opening_events: events that begin every session of the operation: they do not
            show that it works again.
        session_end_codes: codes of exceptions that end a session as a clean end does.
        retryable_in_stream: codes of exceptions in the stream after which a new call may
            succeed, in addition to those of any service.
        retryable_at_open: codes of errors of the call after which a new call may
            succeed, in addition to those of any service.
    """

    advance: Callable[[Any, Any], Any]
    is_last: Callable[[Mapping[str, Any]], bool] = never
    reopens_at_end: bool = False
    opening_events: frozenset[str] = NONE
    session_end_codes: frozenset[str] = NONE
    retryable_in_stream: frozenset[str] = NONE
    retryable_at_open: frozenset[str] = NONE

    def is_progress(self, event: Mapping[str, Any], before: Any, after: Any) -> bool:
        """Return whether an event shows that a stream makes progress.

        Args:
            event: the event.
            before: the position before it.
            after: the position after it. Where the stream has no positions (None, or
                never another), every event is progress but those that begin a session.
        """
        if after is None or self.advance is stay:
            return not self.opening_events or self.opening_events.isdisjoint(event)
        return bool(after != before)


def after_sequence_number(event: Mapping[str, Any], position: Any) -> Any:
    """Return the position after a Kinesis event; None after the last one of a shard."""
    if is_end_of_shard(event):
        return None
    found = event.get("SubscribeToShardEvent")
    if found is None:
        return position
    number = found["ContinuationSequenceNumber"]
    return {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number}


def is_end_of_shard(event: Mapping[str, Any]) -> bool:
    """Return whether a Kinesis event is the last one of its shard."""
    found = event.get("SubscribeToShardEvent")
    if found is None:
        return False
    return bool(found.get("ChildShards")) or not found.get("ContinuationSequenceNumber")


def stay(_: Any, position: Any) -> Any:
    """Return the position unchanged: the stream has none."""
    return position


RESUME_RULES: dict[tuple[str, str], ResumeRule] = {
    ("kinesis", "SubscribeToShard"): ResumeRule(
        # API reference, SubscribeToShardEvent: ContinuationSequenceNumber is the
        # SequenceNumber of the next call, "because it captures your shard progress even
        # when no data is written to the shard". AFTER_SEQUENCE_NUMBER, because with AT_ the
        # record of that number would be sent twice.
        after_sequence_number,
        # SubscribeToShardEvent, ChildShards: "returned only at the end of the current
        # shard". That ContinuationSequenceNumber is missing then, the reference does not
        # say, but AWS's own consumers (KCL, the Flink connector) rely on it.
        is_end_of_shard,
        # SubscribeToShard: events come "for up to 5 minutes, after which time you need
        # to call SubscribeToShard again to renew the subscription".
        reopens_at_end=True,
        # The model has no traits for it. InternalFailureException, which it calls the
        # server's fault, needs no entry. ResourceInUseException is not here: in the stream
        # it means that another caller "takes over the subscription".
        retryable_in_stream=frozenset({"KMSThrottlingException"}),
        # SubscribeToShard: called again "within 5 seconds of a successful call, you'll
        # get a ResourceInUseException".
        retryable_at_open=frozenset({"ResourceInUseException"}),
    ),
    ("logs", "StartLiveTail"): ResumeRule(
        # API reference, StartLiveTail: "log events that have been recently ingested";
        # the request has no member for a place to begin at.
        stay,
        # The reference describes no clean end: the session ends when the client closes it,
        # after three hours with an exception, and when the connection breaks.
        reopens_at_end=True,
        # "A single LiveTailSessionStart object is sent at the start of the session."
        opening_events=frozenset({"sessionStart"}),
        # "Returned when the session times out, after it has been kept open for three
        # hours."
        session_end_codes=frozenset({"SessionTimeoutException"}),
        # "Returned if an unknown error occurs on the server side."
        retryable_in_stream=frozenset({"SessionStreamingException"}),
    ),
}


def resume_rule(service: str | None, operation: str) -> ResumeRule | None:
    """Return the rule of an operation, None if a second call does not continue it.

    Args:
        service: botocore's name of the service; None where only the operation is
            known, whose name then decides.
        operation: the operation, such as ``SubscribeToShard``.
    """
    return find_operation(RESUME_RULES, service, operation)
