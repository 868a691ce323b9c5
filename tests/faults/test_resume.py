"""`awsio.resume` on a shard whose subscriptions break off at random: no record is missing."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

import awsio
from tests.support.shard import BEGIN, MISHAPS, Shard, numbers, numbers_in
from tests.support.wire import WireServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awsio.resuming import Resumed

KEY = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}
CONSUMER = {"ConsumerARN": "arn:aws:kinesis:us-east-1:1:stream/s/consumer/c:1", "ShardId": "0"}
SIZE = 40
ALL = [*range(1, SIZE + 1)]


@pytest.fixture
def shards(long: bool) -> range:  # noqa: FBT001 - a fixture
    return range(300 if long else 15)


@pytest.fixture
def kinesis() -> Iterator[tuple[WireServer, Any]]:
    """Give a server and a client of it that leaves all retrying to `resume`."""
    config = Config(retries={"total_max_attempts": 1})
    with (
        WireServer() as server,
        awsio.kinesis(config, endpoint=server.url, region="us-east-1", credentials=KEY) as client,
    ):
        yield server, client


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a run can be had again by its seed


def subscribe(client: Any, position: Any = BEGIN) -> Resumed[Any]:
    return awsio.resume(
        lambda at: client.subscribe_to_shard(**CONSUMER, StartingPosition=at),
        position,
        attempts=None,
        base=0.001,
        cap=0.002,
        interval=0,
        max_sessions=None,
        idle_timeout=0.02,
    )


def test_every_record_comes_once_and_in_order(
    kinesis: tuple[WireServer, Any], shards: range
) -> None:
    server, client = kinesis
    met: Counter[str] = Counter()
    restarts = 0
    for seed in shards:
        shard = Shard(server, SIZE, dice(seed))
        server.answer(shard.answer)
        asked = len(server.requests)
        with subscribe(client) as events:
            found = numbers(events)
        assert found == ALL, f"seed {seed}"
        assert events.position is None
        assert events.restarts < len(server.requests) - asked
        restarts += events.restarts
        met += shard.met
    assert {*met} == {mishap.__name__ for mishap in MISHAPS}
    assert restarts > len(shards)


def test_reads_with_a_timeout_of_their_own_lose_nothing_either(
    kinesis: tuple[WireServer, Any], shards: range
) -> None:
    server, client = kinesis
    for seed in shards[: len(shards) // 3]:
        chance = dice(seed)
        server.answer(Shard(server, SIZE, chance).answer)
        found: list[int] = []
        with subscribe(client) as events:
            while True:
                try:
                    event = events.read_event(timeout=chance.choice([0, 0.001, 0.02]))
                except awsio.errors.StreamTimeoutError:
                    continue
                if event is None:
                    break
                found += numbers_in(event)
        assert found == ALL, f"seed {seed}"


def test_who_begins_at_a_saved_position_gets_every_record_at_least_once(
    kinesis: tuple[WireServer, Any], shards: range
) -> None:
    """A consumer saves the position after each event, and now and then dies before that."""
    server, client = kinesis
    for seed in shards[: len(shards) // 3]:
        chance = dice(seed)
        server.answer(Shard(server, SIZE, chance).answer)
        found: list[int] = []
        unsaved: list[int] = []
        saved: Any = BEGIN
        while saved is not None:
            with subscribe(client, saved) as events:
                for event in events:
                    numbers = numbers_in(event)
                    found += numbers
                    if chance.random() < 0.2:
                        unsaved += numbers
                        break
                    saved = events.position
        assert sorted({*found}) == ALL, f"seed {seed}"
        # What comes again is what was dealt with and not saved, and nothing else.
        assert sorted(found) == sorted([*ALL, *unsaved]), f"seed {seed}"
