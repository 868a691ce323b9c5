"""Rows of fresh processes: how they start, and what memory they need."""

from __future__ import annotations

from tests.bench.row import FEW, KIB, KIB_EACH, MIB, MIB_MORE, MS, SLOW, Contestant, Row

__all__ = ("rows_of_memory", "rows_of_start")


def rows_of_start() -> list[Row]:
    """Give the rows of imports and of the way to the first event."""
    one = {"server": {"count": 5}}
    return [
        Row(
            "start-import",
            "fresh process: import awsio, import boto3",
            MS,
            Contestant("awsio", "start:importing", {"module": "awsio"}),
            Contestant("boto3", "start:importing", {"module": "boto3"}),
            sense="at most",
            target=0.25,
        ),
        Row(
            "start-first-event",
            "fresh process: import, client, first event",
            MS,
            Contestant("awsio", "start:awsio_first", one),
            Contestant("boto3", "start:boto3_first", one),
            sense="at most",
            target=1,
            most_rounds=SLOW,
        ),
    ]


def rows_of_memory(*, quick: bool) -> list[Row]:
    """Give the rows of resident memory."""
    size = 64 * KIB
    mib = 256 if quick else 2048
    long = {"server": {"body": "records", "count": mib * MIB // size + 1, "size": size}}
    idle = {"server": {"hold": True}, "connections": 50 if quick else 200}
    return [
        Row(
            "memory-stream",
            f"growth over a stream of {mib} MiB",
            MIB_MORE,
            Contestant("awsio", "memory:awsio_stream", long),
            Contestant("boto3", "memory:boto3_stream", long),
            sense="value",
            target=16 * MIB,
            fresh=True,
            most_rounds=FEW,
        ),
        Row(
            "memory-idle",
            "an open and idle connection",
            KIB_EACH,
            Contestant("awsio", "memory:awsio_idle", idle),
            Contestant("boto3", "memory:boto3_idle", idle),
            sense="at most",
            fresh=True,
            most_rounds=FEW,
        ),
    ]
