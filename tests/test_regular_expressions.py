"""No pattern of the package needs what Python's `re` gets wrong.

Possessive quantifiers match wrongly before Python 3.11.5, where the repeated part can be tried
in more than one way: https://github.com/python/cpython/issues/106052. Debian 12 has 3.11.2.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

# Imports every module, and prints the patterns that the package compiles meanwhile.
COLLECT = """
import importlib, json, pkgutil, re, sys

patterns, compile_pattern = [], re.compile

def note(pattern, flags=0):
    if sys._getframe(1).f_globals["__name__"].startswith("awsio"):
        patterns.append(pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern)
    return compile_pattern(pattern, flags)

re.compile = note
import awsio
for module in pkgutil.walk_packages(awsio.__path__, "awsio."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(json.dumps(patterns))
"""
BROKEN = {"POSSESSIVE_REPEAT", "ATOMIC_GROUP"}


def operations_of(pattern: str) -> set[str]:
    """Return the names of all operations in a pattern."""
    return set(re.findall("[A-Z_]{3,}", repr(re._parser.parse(pattern))))  # type: ignore[attr-defined] # noqa: SLF001


@pytest.mark.parametrize("pattern", ["(?>ab?c)", "a*+", "(?:ab?c)*+", "a(b(?:c|d++))"])
def test_this_file_recognises_what_is_broken(pattern: str) -> None:
    assert operations_of(pattern) & BROKEN


def test_no_pattern_has_a_possessive_quantifier_or_an_atomic_group() -> None:
    run = subprocess.run([sys.executable, "-c", COLLECT], check=True, capture_output=True)
    patterns = json.loads(run.stdout)
    assert r'[^"\\]*' in "".join(patterns)  # those of awsio.json_text
    assert [one for one in patterns if operations_of(one) & BROKEN] == []
