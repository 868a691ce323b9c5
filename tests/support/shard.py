"""A shard of Kinesis behind real HTTP, whose subscriptions break off at random."""

from __future__ import annotations

import json
import random
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.support.frames import event, exception, initial
from tests.support.wire import Answer, Gate, Piece, WireServer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "BEGIN",
    "FAST",
    "FOUR",
    "LAST",
    "MISHAPS",
    "REST",
    "Shard",
    "after",
    "batch",
    "end_of_shard",
    "failure",
    "numbers",
    "numbers_in",
    "positions",
)

JSON = "application/x-amz-json-1.1"


def batch(*numbers: int, at: int | None = None) -> bytes:
    """Encode an event with records of these sequence numbers.

    Args:
        numbers: of the records.
        at: the number to go on after; that of the last record, if not given.
    """
    return event("SubscribeToShardEvent", members(numbers, numbers[-1] if at is None else at))


def end_of_shard(*numbers: int) -> bytes:
    """Encode the last event of a shard."""
    child = {"ShardId": "shardId-1", "ParentShards": ["shardId-0"]}
    return event("SubscribeToShardEvent", {**members(numbers, None), "ChildShards": [child]})


def members(numbers: Iterable[int], at: int | None) -> dict[str, Any]:
    records = [
        {"SequenceNumber": str(n), "PartitionKey": "k", "Data": b64encode(data_of(n)).decode()}
        for n in numbers
    ]
    position = {} if at is None else {"ContinuationSequenceNumber": str(at)}
    return {"Records": records, "MillisBehindLatest": 0, **position}


def data_of(number: int) -> bytes:
    """Give a record's data; their lengths differ."""
    return b"%d:" % number + b"x" * (number * 7 % 50)


def numbers_in(found: Any) -> list[int]:
    """Give the sequence numbers of an event's records, whose data must be whole."""
    records = found["SubscribeToShardEvent"]["Records"]
    for record in records:
        assert record["Data"] == data_of(int(record["SequenceNumber"]))
    return [int(record["SequenceNumber"]) for record in records]


def numbers(events: Iterable[Any]) -> list[int]:
    """Give the sequence numbers of the records of all events."""
    return [number for found in events for number in numbers_in(found)]


def after(number: int) -> dict[str, str]:
    """Give the position behind a record."""
    return {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": str(number)}


def positions(server: WireServer) -> list[Any]:
    """Give the positions that a server was asked for."""
    return [json.loads(body)["StartingPosition"] for _, body in server.requests]


def failure(code: str, status: int = 400, message: str = "no") -> Answer:
    """Answer with an error before the stream."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return Answer([body], "length", status, JSON)


BEGIN = {"Type": "TRIM_HORIZON"}
FAST: dict[str, Any] = {"base": 0.001, "cap": 0.002, "interval": 0}
#: Events with four records, the event that ends the shard, and what there is behind the third.
FOUR = [batch(1, 2), batch(3), batch(4)]
LAST = end_of_shard()
REST = Answer([*FOUR[2:], LAST])


class Headless(Answer):
    """An answer that breaks off in its head."""

    def wire(self) -> Iterable[Piece]:
        """Give a part of the head."""
        head = self.head()
        yield head[: random.randrange(len(head))]  # noqa: S311 - no secret


Mishap: TypeAlias = Callable[["Shard", list[bytes]], Answer]


@dataclass
class Shard:
    """A shard of records with the sequence numbers 1 to ``size``, and then its end.

    Each subscription begins where it is told to, and then meets one of the mishaps.

    Attributes:
        server: where it answers; its function is :meth:`answer`.
        size: how many records it has.
        chance: what happens.
    """

    server: WireServer
    size: int
    chance: random.Random

    def __post_init__(self) -> None:
        self.met: Counter[str] = Counter()

    def answer(self, _head: str) -> Answer:
        """Answer the subscription that was asked for last."""
        asked = json.loads(self.server.requests[-1][1])["StartingPosition"]
        begin = {
            "TRIM_HORIZON": lambda: 0,
            "AT_SEQUENCE_NUMBER": lambda: int(asked["SequenceNumber"]) - 1,
            "AFTER_SEQUENCE_NUMBER": lambda: int(asked["SequenceNumber"]),
        }[asked["Type"]]()
        mishap = self.chance.choice(MISHAPS)
        self.met[mishap.__name__] += 1
        return mishap(self, self.frames(begin))

    def frames(self, begin: int) -> list[bytes]:
        """Give a subscription after a record: batches of 0 to 3 records up to the end."""
        found = [initial()]
        while begin < self.size:
            end = min(begin + self.chance.randrange(4), self.size)
            found.append(batch(*range(begin + 1, end + 1), at=end))
            begin = end
        return [*found, end_of_shard()]

    def some(self, frames: list[bytes]) -> list[bytes]:
        """Give the first few of the frames, and never the end."""
        return frames[: self.chance.randrange(min(len(frames), 6))]

    def broken(self, frames: list[bytes], end: Any) -> Answer:
        """Break off behind any byte."""
        pieces: list[Piece] = [*frames[:6]]
        framing: Any = self.chance.choice(["chunked", "length", "close"])
        whole = Answer(pieces, framing)
        sent = sum(len(piece) for piece in whole.wire() if isinstance(piece, bytes))
        cut = self.chance.randrange(1, sent - len(whole.head()))
        return Answer(pieces, framing, cut=cut, end=end)


def is_cut(shard: Shard, frames: list[bytes]) -> Answer:
    return shard.broken(frames, "fin")


def is_reset(shard: Shard, frames: list[bytes]) -> Answer:
    return shard.broken(frames, "rst")


def falls_silent(shard: Shard, frames: list[bytes]) -> Answer:
    """Send a few events and a part of one, and then nothing."""
    sent = [*shard.some(frames), frames[-1][: shard.chance.randrange(1, len(frames[-1]))]]
    return Answer([b"".join(sent), Gate()])


def ends_early(shard: Shard, frames: list[bytes]) -> Answer:
    """End cleanly, as after five minutes."""
    return Answer(shard.some(frames))


def fails_inside(shard: Shard, frames: list[bytes]) -> Answer:
    return Answer([*shard.some(frames), exception("InternalFailureException", "sorry")])


def lacks_its_key(shard: Shard, frames: list[bytes]) -> Answer:
    return Answer([*shard.some(frames), exception("KMSThrottlingException", "slow down")])


def fails_at_open(_shard: Shard, _frames: list[bytes]) -> Answer:
    return failure("InternalFailure", 500)


def is_in_use(_shard: Shard, _frames: list[bytes]) -> Answer:
    return failure("ResourceInUseException")


def is_throttled(_shard: Shard, _frames: list[bytes]) -> Answer:
    return failure("LimitExceededException")


def breaks_in_its_head(_shard: Shard, _frames: list[bytes]) -> Answer:
    return Headless(end="fin")


def goes_well(_shard: Shard, frames: list[bytes]) -> Answer:
    """Send a dozen of the frames, or all."""
    return Answer(frames[:12])


MISHAPS: tuple[Mishap, ...] = (
    is_cut,
    is_cut,
    is_reset,
    is_reset,
    falls_silent,
    ends_early,
    fails_inside,
    lacks_its_key,
    fails_at_open,
    is_in_use,
    is_throttled,
    breaks_in_its_head,
    goes_well,
)
