# ruff: noqa: INP001 - a script, part of no package
"""Check the versions that awsio allows for known vulnerabilities, with pip-audit.

Two sets of versions are checked, each with every extra: the lower bounds in ``pyproject.toml``,
and the newest versions, which an installation gets today, with all that they depend on.

Use::

    python tools/audit.py          # ask PyPI
    python tools/audit.py -s osv   # arguments are passed on to pip-audit

The exit status is 1 when a version has a known vulnerability or could not be checked, else 0.
Where the service that knows the vulnerabilities cannot be reached, the check is skipped: a line
that begins with ``SKIPPED`` says why, and the exit status is 0.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

PROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"

#: A version with published vulnerabilities. A package index that only mirrors PyPI answers 404
#: to the question about them, and pip-audit then reports that it found none: only a service that
#: reports those of this version can be believed when it reports none of another.
CANARY = "urllib3==2.3.0"

#: What pip-audit prints last when its service does not answer, or not in the service's way.
#: Anything else that ends it early is a failure.
UNREACHABLE = re.compile(
    r"requests\.exceptions\.\w+|_service\.interface\.ServiceError|Could not connect to PyPI"
    r"|PyPI is not redirecting properly"
)

#: pip-audit resolves nothing: each requirement is pinned.
PINNED = ("--no-deps", "--disable-pip")


class Report(NamedTuple):
    """What pip-audit found.

    Attributes:
        checked: the number of versions that were checked.
        vulnerable: one line for each known vulnerability.
        unchecked: one line for each version that the service does not know.
        unreachable: why the service could not be asked, None where it could.
        failure: what pip-audit printed when it failed for another reason, else None.
    """

    checked: int = 0
    vulnerable: Sequence[str] = ()
    unchecked: Sequence[str] = ()
    unreachable: str | None = None
    failure: str | None = None


def requirements(path: Path = PROJECT) -> list[str]:
    """Read what the project requires, with every extra but those that only gather others.

    Args:
        path: a ``pyproject.toml``.

    Returns:
        The requirements, sorted, each once.
    """
    project = tomllib.loads(path.read_text("utf-8"))["project"]
    every = [*project["dependencies"]]
    for extra in project.get("optional-dependencies", {}).values():
        every += [one for one in extra if not one.startswith(f"{project['name']}[")]
    return sorted(set(every))


def ask(requirements: Iterable[str], arguments: Sequence[str]) -> Report:
    """Run pip-audit on some requirements.

    Args:
        requirements: one requirement each.
        arguments: further arguments of pip-audit.

    Returns:
        What it found.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("\n".join(requirements) + "\n", "utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(file)]
        command += ["--format=json", "--desc=off", "--progress-spinner=off", *arguments]
        done = subprocess.run(  # noqa: S603 - pip-audit, with the arguments of this command
            command, capture_output=True, text=True, check=False
        )
    return read(done.stdout, done.stderr)


def read(output: str, errors: str) -> Report:
    """Read what pip-audit printed.

    Args:
        output: its standard output: JSON, or nothing where it failed.
        errors: its standard error.
    """
    try:
        dependencies = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = errors.strip().rpartition("\n")[2] or "pip-audit printed nothing"
        if found := UNREACHABLE.search(errors):
            return Report(unreachable=last if found[0] in last else found[0])
        return Report(failure=errors.strip() or last)
    unchecked = [one["skip_reason"] for one in dependencies if "skip_reason" in one]
    vulnerable = [line for one in dependencies for line in describe(one)]
    return Report(len(dependencies) - len(unchecked), vulnerable, unchecked)


def describe(dependency: dict[str, object]) -> Iterator[str]:
    """Write the vulnerabilities of one version as lines."""
    found = dependency.get("vulns", [])
    assert isinstance(found, list)  # noqa: S101 - pip-audit's format
    for each in found:
        fixed = ", ".join(each["fix_versions"]) or "no version"
        names = " ".join([each["id"], *each.get("aliases", [])])
        yield f"{dependency['name']} {dependency['version']}: {names}, fixed in {fixed}"


def why_unusable(canary: Report) -> str | None:
    """Return why a service that gave this report about :data:`CANARY` cannot be believed."""
    if canary.vulnerable or canary.failure:
        return None
    return canary.unreachable or "; ".join(canary.unchecked) or f"it knows nothing of {CANARY}"


def main(arguments: Sequence[str]) -> int:
    """Run the check and print what was found.

    Args:
        arguments: further arguments of pip-audit.

    Returns:
        The exit status, as the module's docstring describes it.
    """
    canary = ask([CANARY], [*PINNED, *arguments])
    if canary.failure:
        tell(canary.failure)
        return 1
    if reason := why_unusable(canary):
        tell(f"SKIPPED: the vulnerability service cannot be asked: {reason}")
        return 0
    allowed = requirements()
    reports = {
        "lower bounds": ask([one.replace(">=", "==") for one in allowed], [*PINNED, *arguments]),
        "newest versions": ask(allowed, arguments),
    }
    status = 0
    for name, report in reports.items():
        wrong = [*report.vulnerable, *report.unchecked, *filter(None, [report.failure])]
        verdict = "FAILED" if wrong else "none has a known vulnerability"
        if report.unreachable:
            verdict = f"SKIPPED: the vulnerability service cannot be asked: {report.unreachable}"
        tell(*wrong, f"{name}: {report.checked} versions checked, {verdict}")
        status = status or int(bool(wrong))
    return status


def tell(*lines: str) -> None:
    """Print lines."""
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
