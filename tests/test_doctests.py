"""The examples in the docstrings of the package run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import awsio

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(awsio.__path__, "awsio.")
    if not module.name.endswith("__main__")  # importing it would run the command
)


@pytest.mark.parametrize("module_name", ["awsio", *MODULES])
def test_the_examples_in_docstrings_print_what_they_say(
    module_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    module = importlib.import_module(module_name)
    assert doctest.testmod(module).failed == 0
