"""The campaign finds what is there, makes it small, keeps it, and says so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from awsio.eventstream import FrameDecoder, encode_frame
from tests.fuzz import campaign, found, remaking
from tests.fuzz.engines.random import explore
from tests.fuzz.inputs import HEAD, MAX_LENGTH, MOST_PIECES, mend, pieces, read_input
from tests.fuzz.shrink import failure, shrink
from tests.fuzz.targets import TARGETS, Target

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
HEADERS = {":event-type": "token"}
SEED = bytes(HEAD) + encode_frame(HEADERS, b"one") + encode_frame(HEADERS, b"two") * 2


def decoded(data: bytes) -> list[Any]:
    decoder = FrameDecoder()
    decoder.feed(data[HEAD:])
    return list(decoder)


def planted(data: bytes) -> None:
    """Fail for a payload that no seed holds, behind checksums that are right."""
    try:
        frames = decoded(data)
    except ValueError:
        return
    assert {frame.payload for frame in frames} <= {b"one", b"two", b""}, "planted"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder for what is found, in the place of the one of the checkout."""
    monkeypatch.setattr(found, "FOLDER", tmp_path)
    return tmp_path


def test_a_bug_behind_checksums_is_found_and_made_small() -> None:
    count, failed = explore(Target(planted, 1, remaking.frames), [SEED], 20_000, 0, 1)
    assert failed is not None
    assert count < 20_000
    assert isinstance(failure(planted, failed), AssertionError)
    assert len(shrink(planted, failed)) <= HEAD + 17


def test_without_a_bug_as_many_inputs_are_tried_as_were_asked_for() -> None:
    lengths = []
    target = Target(lambda data: lengths.append(len(data)), 1)
    assert explore(target, [SEED], 300, 0, 1) == (300, None)
    assert len(lengths) == 300
    assert max(lengths) <= MAX_LENGTH


def test_a_loop_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.engines.random.SLOW", 0.2)

    def loop(data: bytes) -> None:
        while len(data) > HEAD:
            pass

    _, failed = explore(Target(loop, 1), [SEED], 5, 0, 1)
    assert failed is not None


def test_a_finding_is_made_small_with_its_checksums_right() -> None:
    large = mend(SEED.replace(b"two", b"\xffwo"))
    small = shrink(planted, large)
    assert isinstance(failure(planted, small), AssertionError)
    assert len(small) <= HEAD + 17
    assert [len(frame.payload) for frame in decoded(small)] == [1]


def test_mending_makes_frames_of_any_bytes_and_leaves_frames_as_they_are() -> None:
    assert mend(SEED) == SEED
    noise = bytes(HEAD) + bytes(range(200)) + b"\xff" * 60
    assert len(mend(noise)) == len(noise)
    decoder = FrameDecoder()
    decoder.feed(mend(bytes(HEAD + 40))[HEAD:])
    assert decoder.next_frame() is not None
    assert mend(b"ab") == b"ab"


def test_a_document_is_changed_to_another_document() -> None:
    data = b"\0\0\0\2ab" + b'{"a":{"b":[1,"x"]},"c":null}'
    made = {remaking.json_payload(data, number) for number in range(400)}
    assert data in made
    assert len(made) > 50
    assert all(one.startswith(b"\0\0\0\2ab") and json.loads(one[6:]) != 0 for one in made)
    assert remaking.json_body(b"\0\0\0\0not JSON", 2) == b"\0\0\0\0not JSON"
    assert remaking.json_body(b"\0\0\0\x001", 2) != b"\0\0\0\x001"
    assert remaking.json_payload(b"\0", 2) == b"\0"


def test_a_text_of_xml_is_changed() -> None:
    data = b"\0\0\0\0<a><b>text</b></a>"
    made = {remaking.xml_payload(data, number) for number in range(100)}
    assert data in made
    assert b"\0\0\0\0<a><b>true</b></a>" in made
    assert remaking.xml_payload(b"\0\0\0\0text", 2) == b"\0\0\0\0text"


@pytest.mark.parametrize("sizes", [b"\0\0\0", b"\1\1\1", b"\7\0\3", b"\xff\1\0"])
def test_pieces_are_the_body(sizes: bytes) -> None:
    parts = list(pieces(SEED, sizes))
    assert b"".join(parts) == SEED
    assert all(parts)
    assert len(parts) <= MOST_PIECES
    assert list(pieces(b"", sizes)) == []


def test_an_input_that_is_too_short_has_no_body() -> None:
    assert read_input(b"") == (0, b"\0\0\0", b"")
    assert read_input(b"abc") == (97, b"bc\0", b"")


def test_a_case_reads_back_and_says_what_it_is(tmp_path: Path) -> None:
    path = found.keep("decoder", SEED, "über long " * 30 + "\nand more", tmp_path)
    assert found.read(path) == SEED
    text = path.read_text("ascii")
    assert text.startswith("# \\xfcber long")
    assert max(map(len, text.splitlines())) <= 98
    assert found.read(found.keep("decoder", b"", "", tmp_path)) == b""


def test_executions_are_dealt_out_by_shares() -> None:
    counts = campaign.executions_of(tuple(TARGETS), 1_000_000)
    assert counts.keys() == TARGETS.keys()
    assert 990_000 < sum(counts.values()) <= 1_000_000
    assert counts["parser_json"] > counts["lines"] > 0
    assert campaign.executions_of(("lines",), 10) == {"lines": 10}


def plan(**changes: Any) -> campaign.Plan:
    settings = {
        "engine": "hypothesis",
        "targets": ("lines",),
        "executions": 40,
        "seconds": 0,
        "seed": 1,
        "jobs": 1,
        "corpus": None,
    }
    return campaign.Plan(**{**settings, **changes})


@pytest.fixture
def worker_finds(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, str], None]:
    """Give a function that has each worker leave an input behind, whatever it found itself."""

    def leave(data: bytes, name: str) -> None:
        work = campaign.work

        def and_leave(spec: Any) -> Any:
            told = work(spec)
            Path(spec.findings, name).write_bytes(data)
            return told

        monkeypatch.setattr(campaign, "work", and_leave)

    return leave


def test_what_a_worker_finds_is_kept_and_counted(
    folder: Path, worker_finds: Callable[[bytes, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TARGETS, "lines", Target(planted, 1, remaking.frames))
    worker_finds(mend(SEED.replace(b"two", b"\xffwo")), "crash-0123")
    (outcome,) = campaign.run(plan())
    assert outcome.executions == 40
    assert [*outcome.findings.values()] == ["AssertionError: planted"]
    (path,) = folder.glob("lines/*.hex")
    assert [found.read(path)] == [*outcome.findings]
    assert path.read_text("utf-8").startswith("# AssertionError: planted")
    assert re.search(r"^lines +40 .* 1$", campaign.table([outcome]), re.MULTILINE)


def test_a_worker_that_does_not_start_is_a_failure() -> None:
    (outcome,) = campaign.run(plan(engine="atheris", corpus=Path("/dev/null")))
    assert "Error" in outcome.failures[0]
    assert outcome.executions == 0


def test_the_command_prints_a_table_and_succeeds_without_a_finding() -> None:
    arguments = ["--engine", "hypothesis", "--target", "sse", "lines", "--executions", "60"]
    path = os.pathsep.join([*sys.path, str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.fuzz", *arguments, "--jobs", "2", "--seed", "3"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^sse +3[0-9] ", done.stdout, re.MULTILINE)
    assert re.search(r"^all +6[0-9] .* 0$", done.stdout, re.MULTILINE)
    assert "hypothesis, seed 3, 2 processes" in done.stdout
