"""Rows of whole calls over HTTP, as fast as they go."""

from __future__ import annotations

from typing import Any

from tests.bench.row import (
    HIDE_FAST,
    KIB,
    MB_S,
    MIB,
    SLOW,
    US_CALL,
    US_EVENT,
    Contestant,
    Row,
)

__all__ = ("rows_of_bulk", "rows_of_calls")

SIZE = 64 * KIB


def rows_of_calls(*, quick: bool) -> list[Row]:
    """Give the rows of token streams."""
    count = 2000 if quick else 5000
    short: dict[str, Any] = {"server": {"count": 5}, "calls": 100 if quick else 1000}

    def tokens(name: str, work: str, chunk: int, target: float) -> Row:
        params = {"service": "bedrock-runtime", "server": {"count": count, "chunk": chunk}}
        floor = {"server": {**params["server"], "framing": "length"}, "units": count, "size": SIZE}
        return Row(
            name,
            work,
            US_EVENT,
            Contestant("awsio", "loopback:awsio_events", params, HIDE_FAST),
            Contestant("boto3", "loopback:boto3_events", params),
            (
                Contestant("awsio, fast", "loopback:awsio_events", params, needs="isal"),
                Contestant("aiobotocore", "aio:events", params, needs="aiobotocore"),
                Contestant("recv alone", "floors:receive", floor),
            ),
            target=target,
        )

    return [
        tokens("loopback-tokens", f"a call, {count} events, one an HTTP chunk", 0, 3.2),
        tokens("loopback-tokens-64k", "the same, HTTP chunks of 64 KiB", SIZE, 4.5),
        Row(
            "short-calls",
            f"{short['calls']} calls of 5 events",
            US_CALL,
            Contestant("awsio", "loopback:awsio_short", short),
            Contestant("boto3", "loopback:boto3_short", short),
            target=1,
            most_rounds=SLOW,
        ),
    ]


def rows_of_bulk(*, quick: bool) -> list[Row]:
    """Give the rows of S3 Select."""
    mib = 64 if quick else 256
    bulk = {"body": "records", "count": mib * MIB // SIZE + 1, "size": SIZE}
    length = {**bulk, "framing": "length"}
    bare = {"server": length, "units": mib * MIB, "size": MIB}

    def rows(name: str, framing: str, target: float) -> Row:
        params = {"server": {**bulk, "framing": framing}}
        fast = Contestant("awsio, fast", "loopback:awsio_records", params, needs="isal")
        return Row(
            name,
            f"{mib} MiB of S3 Select in records of 64 KiB, {framing}",
            MB_S,
            Contestant("awsio", "loopback:awsio_records", params, HIDE_FAST),
            Contestant("boto3", "loopback:boto3_records", params),
            (fast,),
            target=target,
        )

    def payload(name: str, work: str, hide: tuple[str, ...] = ()) -> Row:
        params = {"server": length, "size": MIB}
        needs = None if hide else "isal"
        return Row(
            name,
            work,
            MB_S,
            Contestant("awsio", "loopback:awsio_payload", params, hide, needs),
            Contestant("socket", "floors:receive", bare),
            (Contestant("socket and CRC", "floors:receive", {**bare, "checked": True}),),
            sense="at most",
            target=1.5,
        )

    return [
        rows("loopback-bulk-chunked", "chunked", 1.2),
        rows("loopback-bulk-length", "length", 2),
        payload("payload", "the same, payload() into 1 MiB against a bare socket", HIDE_FAST),
        payload("payload-fast", "the same, with the extra fast"),
    ]
