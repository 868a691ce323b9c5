"""Streams with consumers, in emulators of Kinesis."""

from __future__ import annotations

from typing import Any

from tests.support.waiting import wait_until

__all__ = ("Stream",)


class Stream:
    """A stream of one shard.

    Args:
        client: boto3's client.
        name: the stream's name; it is made now.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name
        client.create_stream(StreamName=name, ShardCount=1)
        wait_until(lambda: self._describe()["StreamStatus"] == "ACTIVE")
        description = self._describe()
        self.arn = description["StreamARN"]
        self.shard = description["Shards"][0]["ShardId"]

    def put(self, *records: bytes) -> None:
        """Put records, one after another."""
        for record in records:
            self._client.put_record(StreamName=self.name, Data=record, PartitionKey="one")

    def subscription(self, consumer: str) -> dict[str, Any]:
        """Register a consumer, and give the arguments of its subscription to all records."""
        made = self._client.register_stream_consumer(StreamARN=self.arn, ConsumerName=consumer)
        arn = made["Consumer"]["ConsumerARN"]

        def is_active() -> bool:
            found = self._client.describe_stream_consumer(ConsumerARN=arn)
            return bool(found["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE")

        wait_until(is_active)
        position = {"Type": "TRIM_HORIZON"}
        return {"ConsumerARN": arn, "ShardId": self.shard, "StartingPosition": position}

    def delete(self) -> None:
        """Delete the stream and its consumers."""
        self._client.delete_stream(StreamName=self.name, EnforceConsumerDeletion=True)

    def _describe(self) -> dict[str, Any]:
        description: dict[str, Any] = self._client.describe_stream(StreamName=self.name)
        return dict(description["StreamDescription"])
