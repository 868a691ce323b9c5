"""`open`: stored streams."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

import awsio
from awsio.errors import IncompleteStreamError, UnknownOperationError, UnknownServiceError
from tests.support.frames import CONVERSE, CONVERSE_EVENTS, ROWS, SELECT, exception

if TYPE_CHECKING:
    from pathlib import Path

WIRE = b"".join(CONVERSE)
CONVERSE_STREAM = ("bedrock-runtime", "ConverseStream")


def test_bytes_of_every_kind_paths_and_files(tmp_path: Path) -> None:
    path = tmp_path / "stream.bin"
    path.write_bytes(WIRE)
    for source in (
        WIRE,
        bytearray(WIRE),
        memoryview(WIRE),
        path,
        str(path),
        path.open("rb"),
        io.BytesIO(WIRE),
    ):
        with awsio.open(source, *CONVERSE_STREAM) as con:
            assert list(con) == CONVERSE_EVENTS
        assert con.closed


def test_a_file_that_was_given_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "stream.bin"
    path.write_bytes(WIRE)
    with path.open("rb") as file:
        awsio.open(file).close()
        assert file.closed


def test_without_an_operation_events_are_frames() -> None:
    with awsio.open(WIRE) as con:
        assert [frame.encode() for frame in con] == CONVERSE


@pytest.mark.parametrize("service", ["bedrock-runtime", "bedrockruntime", "bedrock_runtime"])
@pytest.mark.parametrize("operation", ["ConverseStream", "converse_stream"])
def test_names_have_several_spellings(service: str, operation: str) -> None:
    assert list(awsio.open(WIRE, service, operation)) == CONVERSE_EVENTS


def test_payloads_of_a_stored_stream() -> None:
    with awsio.open(b"".join(SELECT), service="s3", operation="SelectObjectContent") as con:
        assert con.payload().read() == ROWS


def test_a_stored_exception_is_raised() -> None:
    with (
        awsio.open(exception("throttlingException", "slow"), *CONVERSE_STREAM) as con,
        pytest.raises(awsio.errors.ServiceStreamError, match="slow"),
    ):
        con.read_event()


def test_the_terminal_event_can_be_waived() -> None:
    with pytest.raises(IncompleteStreamError):
        list(awsio.open(CONVERSE[0], *CONVERSE_STREAM))
    con = awsio.open(CONVERSE[0], *CONVERSE_STREAM, require_terminal=False)
    assert list(con) == CONVERSE_EVENTS[:1]


def test_service_and_operation_go_together() -> None:
    for names in ({"service": "s3"}, {"operation": "ConverseStream"}):
        with pytest.raises(TypeError, match="together"):
            awsio.open(WIRE, **names)


def test_wrong_names_are_told() -> None:
    with pytest.raises(UnknownServiceError):
        awsio.open(WIRE, "bedrok", "ConverseStream")
    with pytest.raises(UnknownOperationError, match="ConverseStream"):
        awsio.open(WIRE, "bedrock-runtime", "ConverseStraem")
    with pytest.raises(UnknownOperationError):
        awsio.open(b"", "s3", "GetObject")


def test_wrong_sources_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        awsio.open(tmp_path / "absent")
    for wrong in (5, None, io.StringIO()):
        with pytest.raises(TypeError):
            awsio.open(wrong)
