"""Events of types that the model does not know: the loop of `attach` is boto3's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

import awsio
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, event, exception
from tests.support.wire import Answer, Gate

MakeClient = Callable[..., Any]

NEW = event("reasoningSummary", {"text": "new"})
UNKNOWN = {"SDK_UNKNOWN_MEMBER": {"name": "reasoningSummary"}}
WIRE = [CONVERSE[0], NEW, *CONVERSE[1:-1], NEW, CONVERSE[-1]]
ALL = [CONVERSE_EVENTS[0], UNKNOWN, *CONVERSE_EVENTS[1:-1], UNKNOWN, CONVERSE_EVENTS[-1]]


def stream_of(made: Any) -> Any:
    return made.converse_stream(**CONVERSE_CALL)["stream"]


def test_the_loop_of_an_attached_client_skips_and_logs_them(
    boto3_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    plain = list(stream_of(boto3_client("bedrock-runtime", Answer(WIRE))))
    with caplog.at_level(logging.INFO, "awsio"):
        attached = list(stream_of(awsio.attach(boto3_client())))
    assert attached == plain == CONVERSE_EVENTS
    said = "ConverseStream sent an event of the unknown type 'reasoningSummary': skipped"
    assert [record.getMessage() for record in caplog.records if record.name == "awsio"] == [
        said
    ] * 2


def test_a_type_s_name_in_the_log_is_short_and_escaped(
    boto3_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    wire = [event("a\nb" + "c" * 1000), *CONVERSE]
    with caplog.at_level(logging.INFO, "awsio"):
        list(stream_of(awsio.attach(boto3_client("bedrock-runtime", Answer(wire)))))
    (line,) = [record.getMessage() for record in caplog.records if record.name == "awsio"]
    assert "\n" not in line
    assert len(line) < 200


@pytest.mark.parametrize("way", ["attach", "Client", "attach a Client", "client"])
@pytest.mark.parametrize("option", [None, True, False])
def test_the_option_says_whether_a_loop_has_them(
    boto3_client: MakeClient,
    client: MakeClient,
    way: str,
    option: bool | None,  # noqa: FBT001 - a parameter of the test
) -> None:
    changes = {} if option is None else {"unknown_events": option}
    answer = Answer(WIRE)
    if way == "client":
        made = client("bedrock-runtime", answer, **changes)
    elif way == "attach":
        made = awsio.attach(boto3_client("bedrock-runtime", answer), **changes)
    elif way == "Client":
        made = awsio.Client(boto3_client("bedrock-runtime", answer), **changes)
    else:
        made = awsio.attach(awsio.Client(boto3_client("bedrock-runtime", answer)), **changes)
    keeps = way != "attach" if option is None else option
    assert list(stream_of(made)) == (ALL if keeps else CONVERSE_EVENTS)


def test_connections_and_functions_of_an_attached_client_have_them(
    boto3_client: MakeClient,
) -> None:
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(WIRE)), unknown_events=False)
    assert stream_of(made)(lambda chunk: chunk) == ALL
    with stream_of(made)(connection=True) as con:
        assert list(con) == ALL
    with awsio.connect(stream_of(made)) as con:
        assert list(con) == ALL


def test_a_loop_that_raised_continues(boto3_client: MakeClient) -> None:
    gate = Gate()
    wire = [CONVERSE[0], NEW, gate, *CONVERSE[1:], exception("throttlingException", "slow")]
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(wire)), idle_timeout=0.05)
    events = iter(stream_of(made))
    assert next(events) == CONVERSE_EVENTS[0]
    with pytest.raises(TimeoutError):
        next(events)
    gate.open()
    assert [next(events) for _ in CONVERSE_EVENTS[1:]] == CONVERSE_EVENTS[1:]
    with pytest.raises(made.exceptions.ThrottlingException):
        next(events)
    assert list(events) == list(events) == []


def test_a_loop_of_a_closed_stream_is_refused(boto3_client: MakeClient) -> None:
    stream = stream_of(awsio.attach(boto3_client("bedrock-runtime", Answer(WIRE))))
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        iter(stream)


def test_an_interrupt_with_an_event_in_hand_is_not_silent(
    boto3_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = awsio.attach(boto3_client("bedrock-runtime", Answer(WIRE)))
    stream = stream_of(made)

    class Interrupt(BaseException):
        """What a signal handler raises."""

    def interrupted(_: Any) -> bool:
        raise Interrupt

    monkeypatch.setattr(stream, "_is_unknown", interrupted)
    events = iter(stream)
    with pytest.raises(Interrupt):
        next(events)
    with pytest.raises(awsio.errors.ConnectionLostError, match="Interrupt"):
        next(events)
