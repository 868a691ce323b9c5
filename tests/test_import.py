"""`import awsio` is cheap, and its names do not depend on what was imported when."""

from __future__ import annotations

import subprocess
import sys

LATER = ("asyncio", "boto3", "botocore", "click", "hypercorn", "jmespath", "rich", "urllib3")
IMPORT_EVERY_MODULE = """
import importlib, pkgutil
for module in pkgutil.walk_packages(awsio.__path__, "awsio."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""
PRINT_WHAT_THE_NAMES_ARE = """
for name in awsio.__all__:
    print(name, type(getattr(awsio, name)).__name__)
"""


def run(script: str) -> list[str]:
    """Run a script that has imported the package in a fresh process; give the lines it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, awsio\n{script}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_importing_the_package_imports_none_of_what_it_needs_later() -> None:
    assert run(f"print(*set({LATER!r}) & sys.modules.keys())") == [""]


def test_a_public_name_is_the_same_when_a_module_of_that_name_was_imported_before() -> None:
    at_once = run(PRINT_WHAT_THE_NAMES_ARE)
    assert at_once
    assert run(IMPORT_EVERY_MODULE + PRINT_WHAT_THE_NAMES_ARE) == at_once
