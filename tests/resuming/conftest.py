"""Fixtures: clients of awsio and of boto3, and a shard that is resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import awsio
from tests.support.calls import KINESIS_CALL
from tests.support.clients import MakeClient, boto3_client, clean_settings, client, server
from tests.support.shard import BEGIN, FAST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awsio.resuming import Resumed
    from tests.support.wire import WireServer

__all__ = ("boto3_client", "clean_settings", "client", "server")


@pytest.fixture
def subscribe(client: MakeClient, server: WireServer) -> Iterator[Callable[..., Resumed[Any]]]:
    """Resume a shard with these answers; the iterators are closed after the test."""
    made: list[Resumed[Any]] = []
    kinesis = client("kinesis")
    shard = {name: KINESIS_CALL[name] for name in ("ConsumerARN", "ShardId")}

    def start(*answers: Any, position: Any = BEGIN, **options: Any) -> Resumed[Any]:
        server.answer(*answers)
        events = awsio.resume(
            lambda at: kinesis.subscribe_to_shard(**shard, StartingPosition=at),
            position,
            **FAST | options,
        )
        made.append(events)
        return events

    yield start
    for events in made:
        events.close()
