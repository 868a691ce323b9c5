"""A missing extra is reported where its own module is missing, and for no other import."""

from __future__ import annotations

import io
import subprocess
import sys
from importlib import import_module

import pytest

from awsio.cli.terminal import styled_console
from awsio.errors import MissingExtraError
from awsio.extras import needs_extra


def test_a_module_of_the_extra_that_is_missing_names_the_extra() -> None:
    with pytest.raises(MissingExtraError) as caught, needs_extra("local", "other", "not_there"):
        import_module("not_there.inside")
    assert caught.value.extra == "local"
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


@pytest.mark.parametrize("module", ["not_there", "json.not_there"])
def test_another_module_that_is_missing_is_named_itself(module: str) -> None:
    """One that the extra's package needs, or a part that this version of it has not."""
    with pytest.raises(ModuleNotFoundError) as caught, needs_extra("local", "json"):
        import_module(module)
    assert not isinstance(caught.value, MissingExtraError)
    assert caught.value.name == module


def test_an_import_that_fails_for_another_reason_is_raised_as_it_is() -> None:
    broken = ImportError("undefined symbol", name="json")
    with pytest.raises(ImportError) as caught, needs_extra("local", "json"):
        raise broken
    assert caught.value is broken


def test_an_import_that_works_costs_nothing() -> None:
    with needs_extra("local", "json"):
        assert import_module("json")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_without_rich_lines_are_plain(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert styled_console(terminal) is not None
    monkeypatch.delitem(sys.modules, "rich.console")
    monkeypatch.setitem(sys.modules, "rich", None)
    assert styled_console(terminal) is None


def test_a_rich_that_is_broken_is_not_a_missing_one(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(ModuleNotFoundError, match=r"rich\.console"):
        styled_console(terminal)


BROKEN_HYPERCORN = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name == "h11":
            raise ModuleNotFoundError("hidden", name=name)

sys.meta_path.insert(0, Blocker())
import awsio.testing

try:
    awsio.testing.LocalServer()
except ModuleNotFoundError as error:
    print(type(error).__name__, error.name)
"""


def test_a_hypercorn_that_is_broken_is_not_a_missing_one() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN_HYPERCORN],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "ModuleNotFoundError h11\n"
