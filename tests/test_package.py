"""The package as it is installed: version, typing marker, extras, lower bounds."""

from __future__ import annotations

import configparser
import importlib.metadata
import importlib.resources
import os
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import awsio

ROOT = Path(__file__).resolve().parents[1]
DISTRIBUTION = "awsio-streams"
# `awsio[...]`, or an installation of `awsio` itself: on the package index it is another project.
OTHER_PROJECT = re.compile(r"\bawsio\[[\w{].*|\bpip install [^\n&`]*?\bawsio\b(?!-streams).*")
BOUND = re.compile(r"(?P<name>[\w.-]+)\s*(?:>=|==)\s*(?P<version>[\w.]+)")


@pytest.fixture
def distribution() -> importlib.metadata.Distribution:
    """Return what is installed."""
    try:
        return importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("awsio is not installed, these are its sources")


def test_the_version_is_that_of_the_installed_distribution(
    distribution: importlib.metadata.Distribution,
) -> None:
    assert awsio.__version__ == distribution.version


def test_the_installed_extra_all_brings_every_other_extra(
    distribution: importlib.metadata.Distribution,
) -> None:
    extras = set(distribution.metadata.get_all("Provides-Extra", []))
    required = [Requirement(text) for text in distribution.requires or []]
    brings = {
        extra: {
            (each.name, str(each.specifier))
            for each in required
            if each.marker and each.marker.evaluate({"extra": extra})
        }
        for extra in extras
    }
    assert brings.pop("all") == set().union(*brings.values())
    assert all(brings.values())


def test_no_text_asks_to_install_the_other_project_called_awsio() -> None:
    texts = [*(ROOT / "awsio").rglob("*.py"), *(ROOT / "docs").rglob("*.md")]
    texts += [ROOT / name for name in ("README.md", "CHANGELOG.md", "pyproject.toml", "tox.ini")]
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in texts
        if (found := OTHER_PROJECT.findall(path.read_text("utf-8")))
    }
    assert wrong == {}


def test_the_package_says_that_it_is_typed() -> None:
    assert importlib.resources.files("awsio").joinpath("py.typed").is_file()


def test_the_command_is_installed(distribution: importlib.metadata.Distribution) -> None:
    (script,) = distribution.entry_points.select(group="console_scripts")
    assert (script.name, script.value) == ("awsio", "awsio.cli:main")


def test_the_lowest_versions_tested_are_the_lower_bounds_of_the_dependencies() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", "utf-8")
    pins = read_versions(tox["testenv:lowest"]["deps"].strip().splitlines())
    bounds = lower_bounds()
    # No dependency, only held to the botocore that it belongs to.
    assert pins.pop("boto3") == bounds["botocore"]
    assert pins == bounds


def test_a_package_has_one_lower_bound_wherever_it_is_named() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [*project["optional-dependencies"].values()]
    named: dict[str, set[str]] = {}
    for requirements in (project["dependencies"], *extras):
        for requirement in map(Requirement, requirements):
            named.setdefault(requirement.name, set()).add(str(requirement.specifier))
    assert {name: bounds for name, bounds in named.items() if len(bounds) > 1} == {}


def test_the_page_for_contributors_lists_the_environments_of_tox() -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", "utf-8")
    by_default = tox["tox"]["env_list"].replace(",", " ").split()
    others = [name.partition(":")[2] for name in tox.sections() if name.startswith("testenv:")]
    page = (ROOT / "docs" / "howto" / "contribute.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)
    whole = [name for name in others if "{" not in name]  # the others are parts of one of them
    assert sorted(name for name, _ in rows) == sorted({*by_default, *whole})
    alone = [name for name, text in rows if not text.endswith("; not run by `tox` alone")]
    assert sorted(alone) == sorted(by_default)


@pytest.mark.skipif(
    "AWSIO_LOWEST_VERSIONS" not in os.environ, reason="the lowest versions are not asked for"
)
def test_the_lowest_versions_are_installed_when_asked_for() -> None:
    bounds = lower_bounds()
    installed = {name: importlib.metadata.version(name) for name in bounds}
    assert {name: Version(version) for name, version in installed.items()} == {
        name: Version(version) for name, version in bounds.items()
    }


def lower_bounds() -> dict[str, str]:
    """Read the lower bounds of what the package requires and of the extras that tests need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    return read_versions([*project["dependencies"], *extras["cli"], *extras["local"]])


def read_versions(requirements: list[str]) -> dict[str, str]:
    """Read the versions of requirements (`urllib3>=2.3`) or of pins (`urllib3==2.3`)."""
    matches = [BOUND.fullmatch(requirement.strip()) for requirement in requirements]
    assert None not in matches, requirements
    return {match["name"]: match["version"] for match in matches if match}
