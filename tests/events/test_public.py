"""What `awsio.events` exports: every type of its own that its functions take or return."""

from __future__ import annotations

import inspect
import re
from types import MappingProxyType
from typing import Any

import pytest

import awsio.errors
import awsio.events
import awsio.eventstream
from awsio.events import TERMINAL_EVENTS
from awsio.events.terminal import IN_BAND_ERRORS, InBandError

PUBLIC = {
    name for module in (awsio.events, awsio.errors, awsio.eventstream) for name in module.__all__
}
#: Types of botocore and of the standard library that stand in signatures.
FOREIGN = {"Any", "Callable", "Iterable", "Literal", "Mapping", "OperationModel", "StructureShape"}


def functions(public: Any) -> list[Any]:
    if not inspect.isclass(public):
        return [public] if callable(public) else []
    members = inspect.getmembers(public, inspect.isroutine)
    return [member for name, member in members if name == "__init__" or not name.startswith("_")]


@pytest.mark.parametrize("name", awsio.events.__all__)
def test_every_type_of_a_public_signature_is_public(name: str) -> None:
    for function in functions(getattr(awsio.events, name)):
        for annotation in getattr(function, "__annotations__", {}).values():
            text = re.sub(r"'[^']*'|\"[^\"]*\"", "", str(annotation))
            types = {word for word in re.findall(r"\w+", text) if word[:1].isupper()}
            assert types - {"None", "Self"} <= PUBLIC | FOREIGN, function


def test_the_tables_are_read_only() -> None:
    assert isinstance(TERMINAL_EVENTS, MappingProxyType)
    with pytest.raises(TypeError):
        TERMINAL_EVENTS["s3", "SelectObjectContent"] = ("Stats",)  # type: ignore[index]
    with pytest.raises(TypeError):
        IN_BAND_ERRORS["s3", "SelectObjectContent"] = InBandError("a", "b", "c")  # type: ignore[index]
