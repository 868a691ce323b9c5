"""The command line itself: help, version, and how the command is found."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable

import pytest
from click.testing import CliRunner

import awsio
from awsio.cli import main
from awsio.cli.commands import command

Run = Callable[..., subprocess.CompletedProcess[bytes]]

# The command, interrupted while it still imports what it needs.
INTERRUPTED = """
import runpy, sys
class Interrupt:
    def find_spec(name, *_):
        if name == "click":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupt)
runpy.run_module("awsio", run_name="__main__")
"""
# Importing what --help does not need would make it slow.
HELP = """
import sys
sys.argv = ["awsio", "converse", "--help"]
import awsio.cli
try:
    awsio.cli.main()
finally:
    print(*sorted({"botocore", "urllib3", "rich", "hypercorn"} & sys.modules.keys()))
"""


def test_the_version_is_the_packages(run: Run, bare: dict[str, str]) -> None:
    done = run("--version", env=bare)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"awsio, version {awsio.__version__}\n"


def test_without_arguments_the_help_is_shown(run: Run, bare: dict[str, str]) -> None:
    done = run(env=bare)
    assert b'awsio converse --local "Why is the sky blue?"' in done.stdout + done.stderr


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_of_converse_has_an_example_and_every_option(option: str) -> None:
    result = CliRunner().invoke(command, ["converse", option], prog_name="awsio")
    assert result.exit_code == 0
    assert result.output.startswith("Usage: awsio converse [OPTIONS] PROMPT\n")
    assert '\n    awsio converse --local "Why is the sky blue?"\n' in result.output
    for name in ("local", "model", "region", "profile", "endpoint-url", "system"):
        assert f"--{name} " in result.output
    assert "--max-tokens N" in result.output
    assert "--temperature F" in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines())


def test_help_imports_nothing_that_is_slow_to_import(bare: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HELP], env=bare, capture_output=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == b""


def test_ctrl_c_while_the_command_starts_says_nothing(bare: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        env=bare,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b""), done


def test_main_exits(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["awsio", "--version"])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"awsio, version {awsio.__version__}\n"


def test_importing_the_main_module_runs_nothing() -> None:
    assert importlib.import_module("awsio.__main__").main is main
