"""The function `awsio.resume`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

from awsio.resuming.backoff import Backoff, check_seconds
from awsio.resuming.pacing import Pacing
from awsio.resuming.resumed import Resumed

if TYPE_CHECKING:
    from collections.abc import Callable

    from awsio.resuming.resumed import Opened

__all__ = ("resume",)

Position = TypeVar("Position")


def resume(  # noqa: PLR0913 - each setting is an argument
    open: Callable[[Position], Opened],  # noqa: A002 - what it does, as the opener of built-in open
    position: Position,
    *,
    advance: Callable[[Any, Position], Position] | None = None,
    attempts: int | None = 10,
    base: float = 1.0,
    cap: float = 20.0,
    interval: float = 1.0,
    max_sessions: int | None = 10,
    idle_timeout: float | None = None,
) -> Resumed[Position]:
    """Iterate over the events of a stream that is opened again whenever it breaks.

    It is opened again after a connection was lost, cut or silent for too long; after
    exceptions of the service that may pass (throttling, its own failures); and where the
    operation's sessions end by themselves. The call that opens it is repeated for the same
    reasons. A pause of ``random() * min(base * 2 ** (n - 1), cap)`` seconds follows the
    n-th failure in a row, and two openings are at least ``interval`` seconds apart.

    Progress is an event that moves the position, or any event where the position is None;
    events that begin every session, such as Live Tail's ``sessionStart``, are not
    progress. A session of a minute or more that had events counts as progress too.

    Kinesis's SubscribeToShard continues after the last event that was returned: none is
    missing and none is returned twice. The iterator ends with the shard. Live Tail has no
    position: a new session begins, with an event ``sessionStart``, and lines between two
    sessions are lost. Any other operation needs ``advance``.

    Args:
        open: called with a position, makes the call that begins there. It returns the
            response, which has one stream, or the stream handler, or the connection.
            Nothing is opened before the first read. Use a client of awsio, or one that is
            attached: boto3 alone reads the first frame inside the call, and an exception
            of the service in it is lost.
        position: where to begin, such as ``{"Type": "TRIM_HORIZON"}``. For Live Tail None.
        advance: called with each event and the position before it, returns the position
            after it, a new object where it differs; replaces the operation's own rule.
        attempts: failures in a row, without progress between, after which the last one is
            raised; None never gives up. botocore's own retries are inside each call.
        base: the longest pause after the first failure, in seconds; see above.
        cap: the longest pause of all, in seconds; see above.
        interval: the least number of seconds from one opening to the next.
        max_sessions: sessions in a row that end cleanly without progress, after which the
            stream is given up; None never gives up.
        idle_timeout: seconds of silence after which a connection is given up, see
            :attr:`PawsConnection.idle_timeout`; None leaves what ``open`` has set: the
            client's ``idle_timeout``, or else the transport's timeout, 60 seconds by
            default.

    Returns:
        An iterator over the events, which is also a context manager.

    Raises:
        TypeError: an argument that must be a number is not one.
        ValueError: a number is out of range.

    Example:
        >>> import awsio
        >>> def at(number):
        ...     batch = {"Records": [], "ContinuationSequenceNumber": number}
        ...     return {"SubscribeToShardEvent": batch | {"MillisBehindLatest": 0}}
        >>> last = at("3")
        >>> last["SubscribeToShardEvent"] |= {"ChildShards": [{"ShardId": "2", "ParentShards": []}]}
        >>> with awsio.testing.LocalServer() as server:
        ...     server.add("kinesis", "SubscribeToShard", [at("1"), at("2")])
        ...     server.add("kinesis", "SubscribeToShard", [last])
        ...     client = server.client("kinesis")
        ...     shard = {"ConsumerARN": "arn:aws:kinesis:c", "ShardId": "1"}
        ...     events = awsio.resume(
        ...         lambda position: client.subscribe_to_shard(**shard, StartingPosition=position),
        ...         {"Type": "TRIM_HORIZON"},
        ...     )
        ...     for event in events:
        ...         print(event.SubscribeToShardEvent.ContinuationSequenceNumber, events.position)
        1 {'Type': 'AFTER_SEQUENCE_NUMBER', 'SequenceNumber': '1'}
        2 {'Type': 'AFTER_SEQUENCE_NUMBER', 'SequenceNumber': '2'}
        3 None
    """
    if idle_timeout is not None:
        check_seconds("idle_timeout", idle_timeout)
        if idle_timeout == 0:
            msg = f"idle_timeout is in seconds, more than 0, or None: not {idle_timeout!r}"
            raise ValueError(msg)
        idle_timeout = min(idle_timeout, threading.TIMEOUT_MAX)
    pacing = Pacing(Backoff(attempts, base, cap), interval, max_sessions)
    return Resumed(open, position, advance=advance, pacing=pacing, idle_timeout=idle_timeout)
