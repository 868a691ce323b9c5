"""Rows that read from memory."""

from __future__ import annotations

from tests.bench.row import HIDE_FAST, KIB, MIB, MS, US_EVENT, Contestant, Row

__all__ = ("rows_of_events", "rows_of_frames")


def rows_of_frames(*, quick: bool) -> list[Row]:
    """Give the rows of the codec alone."""
    stream = {"events": 2000 if quick else 5000, "read": 64 * KIB}
    feed = 4 if quick else 16
    big = {"size": (6 if quick else 23) * MIB, "piece": KIB}
    at_once = {"events": feed * MIB // 200, "read": None}
    stdlib = Contestant("awsio", "decode:awsio_frames", stream, HIDE_FAST)
    smithy = Contestant("smithy", "decode:smithy_frames", stream, needs="smithy_aws_event_stream")
    # What takes botocore minutes is measured with less of it.
    botocore_feed = {"events": 2 * MIB // 200, "read": None}
    botocore_big = {"size": 4 * MIB, "piece": KIB}
    return [
        Row(
            "frames",
            f"{stream['events']} token events, 64 KiB reads, frames",
            US_EVENT,
            stdlib,
            Contestant("botocore", "decode:botocore_frames", stream),
            (Contestant("awsio, fast", "decode:awsio_frames", stream, needs="isal"), smithy),
            target=6,
        ),
        Row(
            "big-feed",
            f"frames of {feed} MiB at once, against 64 KiB reads",
            US_EVENT,
            Contestant("awsio", "decode:awsio_frames", at_once, HIDE_FAST),
            Contestant("awsio, reads", "decode:awsio_frames", stream, HIDE_FAST),
            (Contestant("botocore, 2 MiB", "decode:botocore_frames", botocore_feed),),
            "at most",
            1.3,
        ),
        Row(
            "big-frame",
            f"a frame of {big['size'] // MIB} MiB in 1 KiB pieces",
            MS,
            Contestant("awsio", "decode:awsio_big_frame", big, HIDE_FAST),
            Contestant("copy and CRC", "floors:copy_and_crc", {"size": big["size"]}),
            (Contestant("botocore, 4 MiB", "decode:botocore_big_frame", botocore_big),),
            "at most",
            3,
        ),
    ]


def rows_of_events(*, quick: bool) -> list[Row]:
    """Give the rows of events parsed."""
    events = 2000 if quick else 5000
    stream = {"events": events, "read": 64 * KIB}
    small = {"events": events, "read": 200}
    botocore = Contestant("botocore", "decode:botocore_events", stream)
    stdlib = Contestant("awsio", "decode:awsio_events", stream, HIDE_FAST)
    return [
        Row(
            "events",
            f"{events} token events, 64 KiB reads, parsed, stdlib json",
            US_EVENT,
            stdlib,
            botocore,
            target=4.5,
        ),
        Row(
            "events-fast",
            "the same, with the extra fast",
            US_EVENT,
            Contestant("awsio", "decode:awsio_events", stream, needs="isal"),
            botocore,
            target=6,
        ),
        Row(
            "small-reads",
            "as events, 200-byte reads",
            US_EVENT,
            Contestant("awsio", "decode:awsio_events", small, HIDE_FAST),
            Contestant("botocore", "decode:botocore_events", small),
            target=4,
        ),
        Row(
            "floor-events",
            "events against json.loads and a CRC of each",
            US_EVENT,
            stdlib,
            Contestant("floor", "floors:json_and_crc", {"events": events}),
            (Contestant("CRC alone", "floors:crc", {"events": events}),),
            "at most",
        ),
    ]
