"""tools/audit.py: what it asks pip-audit, and what it makes of the answers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / "tools" / "audit.py"
CANARY = "urllib3==2.3.0"

#: Plays pip-audit: a line of the requirements file for an answer, in pip-audit's own format.
FAKE = """
import json, os, pathlib, sys

play = json.loads(os.environ["FAKE_PIP_AUDIT"])
arguments = sys.argv[1:]
file = pathlib.Path(arguments[arguments.index("--requirement") + 1])
lines = file.read_text("utf-8").split()
with pathlib.Path(play["asked"]).open("a") as asked:
    print(json.dumps([lines, arguments]), file=asked)
if error := play["errors"].get(lines[0]):
    sys.exit(error)
dependencies = []
for line in lines:
    name, _, version = line.replace(">=", "==").partition("==")
    if line in play["unknown"]:
        dependencies.append({"name": name, "skip_reason": f"not found on PyPI: {line}"})
    else:
        found = play["vulnerable"].get(line, [])
        dependencies.append({"name": name, "version": version, "vulns": found})
print(json.dumps({"dependencies": dependencies, "fixes": []}))
sys.exit(any(one.get("vulns") for one in dependencies))
"""
VULNERABILITY = {"id": "CVE-2026-1", "fix_versions": ["9.0"], "aliases": ["GHSA-1"]}
KNOWN: Mapping[str, Sequence[object]] = {CANARY: [VULNERABILITY]}


class Run(NamedTuple):
    """A run of the tool: its exit status, what it printed, what it asked pip-audit."""

    status: int
    output: str
    asked: list[tuple[list[str], list[str]]]


@pytest.fixture
def audit(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that runs the tool with a pip-audit that gives these answers."""
    if not TOOL.is_file():
        pytest.skip("the tools of the source tree are not here")
    (tmp_path / "pip_audit.py").write_text(FAKE, "utf-8")
    asked = tmp_path / "asked"

    def run(
        *arguments: str,
        vulnerable: Mapping[str, Sequence[object]] = KNOWN,
        unknown: Sequence[str] = (),
        errors: Mapping[str, str] | None = None,
    ) -> Run:
        play = {
            "vulnerable": dict(vulnerable),
            "unknown": [*unknown],
            "errors": dict(errors or {}),
            "asked": str(asked),
        }
        done = subprocess.run(
            [sys.executable, str(TOOL), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "FAKE_PIP_AUDIT": json.dumps(play)},
        )
        assert done.stderr == ""
        lines = asked.read_text("utf-8").splitlines()
        return Run(done.returncode, done.stdout, [json.loads(line) for line in lines])

    return run


def declared() -> list[str]:
    """Read every requirement of the project, the extras' too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    in_extras = [one for name in extras.keys() - {"all"} for one in extras[name]]
    return sorted({*project["dependencies"], *in_extras})


def test_every_lower_bound_and_every_newest_version_is_asked_about(
    audit: Callable[..., Run],
) -> None:
    run = audit("-s", "osv")
    assert run.status == 0, run.output
    (canary, first), (lowest, second), (newest, third) = run.asked
    assert canary == [CANARY]
    assert lowest == [each.replace(">=", "==") for each in declared()]
    assert newest == declared()
    assert ["--no-deps" in arguments for arguments in (first, second, third)] == [True, True, False]
    assert all(arguments[-2:] == ["-s", "osv"] for arguments in (first, second, third))
    assert run.output.count("none has a known vulnerability") == 2


@pytest.mark.parametrize("sign", ["==", ">="])
def test_a_vulnerable_version_fails_the_check_and_is_named(
    audit: Callable[..., Run], sign: str
) -> None:
    requirement = declared()[0].replace(">=", sign)
    run = audit(vulnerable={**KNOWN, requirement: [VULNERABILITY]})
    assert run.status == 1
    name, _, version = requirement.partition(sign)
    assert f"{name} {version}: CVE-2026-1 GHSA-1, fixed in 9.0\n" in run.output
    assert run.output.count("FAILED") == 1


def test_a_vulnerability_without_a_fix_fails_the_check(audit: Callable[..., Run]) -> None:
    requirement = declared()[0]
    run = audit(vulnerable={**KNOWN, requirement: [{"id": "PYSEC-1", "fix_versions": []}]})
    assert run.status == 1
    assert "PYSEC-1, fixed in no version\n" in run.output


@pytest.mark.parametrize(
    "error",
    [
        "requests.exceptions.ConnectionError: Failed to resolve 'pypi.org'",
        "requests.exceptions.ReadTimeout: read timed out",
        "pip_audit._service.interface.ServiceError",
        "ERROR:_cli:Could not connect to PyPI's vulnerability feed\nERROR:_cli:Tip: your network",
    ],
)
@pytest.mark.parametrize("when", [CANARY, "pinned", "newest"])
def test_a_service_that_is_out_of_reach_is_a_skip_with_its_reason(
    audit: Callable[..., Run], error: str, when: str
) -> None:
    first = {"pinned": declared()[0].replace(">=", "=="), "newest": declared()[0]}
    run = audit(errors={first.get(when, when): f"Traceback ...\n{error}"})
    assert run.status == 0
    assert "SKIPPED: the vulnerability service cannot be asked: " in run.output
    assert run.output.count("\n") == (1 if when == CANARY else 2)
    reason = "Could not connect to PyPI" if "Tip" in error else error
    assert reason in run.output


def test_an_index_that_does_not_know_the_vulnerable_version_is_a_skip(
    audit: Callable[..., Run],
) -> None:
    run = audit(vulnerable={}, unknown=[CANARY])
    assert run.status == 0
    assert run.output.startswith("SKIPPED: ")
    assert f"not found on PyPI: {CANARY}" in run.output
    assert len(run.asked) == 1


def test_a_service_that_knows_no_vulnerabilities_is_a_skip(audit: Callable[..., Run]) -> None:
    run = audit(vulnerable={})
    assert run.status == 0
    assert run.output.startswith("SKIPPED: ")
    assert f"it knows nothing of {CANARY}" in run.output


@pytest.mark.parametrize("when", [CANARY, "pinned", "newest"])
def test_any_other_failure_of_pip_audit_fails_the_check(
    audit: Callable[..., Run], when: str
) -> None:
    first = {"pinned": declared()[0].replace(">=", "=="), "newest": declared()[0]}
    run = audit(errors={first.get(when, when): "pip-audit: error: unrecognized arguments"})
    assert run.status == 1
    assert "pip-audit: error: unrecognized arguments\n" in run.output


def test_a_version_that_was_not_checked_fails_the_check(audit: Callable[..., Run]) -> None:
    run = audit(unknown=[declared()[0]])
    assert run.status == 1
    assert f"not found on PyPI: {declared()[0]}\n" in run.output
