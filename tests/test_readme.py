"""README.md: its examples run, its commands are what they should be, its links lead somewhere."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from .markdown_blocks import blocks_of, run

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
LINK = re.compile(r"\[[^]]+\]\((?P<target>[^)#\s]+)[^)]*\)")
PROMPT = "Describe the purpose of a 'hello world' program in one line."


@pytest.fixture(scope="module")
def commands() -> list[str]:
    """Give the lines of the README that a shell runs."""
    lines = [block.body for block in blocks_of(README) if block.kind == "console"]
    return [line.removesuffix("\n") for line in lines]


def test_the_examples_run_as_they_stand_and_print_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(README) == []


def test_both_commands_are_one_line_and_begin_with_an_environment_of_their_own(
    commands: list[str],
) -> None:
    assert len(commands) == 2
    for command in commands:
        assert "\n" not in command
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install -q ")


def test_the_first_command_installs_the_checkout_and_runs_the_command(
    commands: list[str],
) -> None:
    words = shlex.split(commands[0])
    assert words[words.index("&&") + 1 :] == [
        *(".venv/bin/pip", "install", "-q", ".[all]", "&&"),
        *(".venv/bin/awsio", "converse", "--local", PROMPT),
    ]


def test_what_the_first_command_runs_prints_an_answer(commands: list[str], tmp_path: Path) -> None:
    words = shlex.split(commands[0])
    arguments = words[words.index(".venv/bin/awsio") + 1 :]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", "awsio", *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=tmp_path,
        env={**bare, "HOME": str(tmp_path)},
    )
    assert PROMPT in done.stdout
    assert "tokens" in done.stderr


def test_the_second_command_is_the_one_of_the_whole_check(commands: list[str]) -> None:
    script = ROOT / ".ci" / "run"
    if not script.is_file():
        pytest.skip("a source distribution has no .ci/run")
    assert commands[1] in script.read_text("utf-8").splitlines()


def test_every_relative_link_leads_to_a_file() -> None:
    text = README.read_text("utf-8")
    for block in blocks_of(README):
        text = text.replace(block.body, "")
    targets = {match["target"] for match in LINK.finditer(text) if "://" not in match["target"]}
    assert targets
    assert [target for target in targets if not (ROOT / target).is_file()] == []


def test_every_guide_and_topic_is_linked() -> None:
    text = README.read_text("utf-8")
    for part in ("intro", "howto", "topics"):
        for page in (ROOT / "docs" / part).glob("*.md"):
            assert f"(docs/{part}/{page.name})" in text
