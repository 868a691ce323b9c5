"""The arguments in the form of a query protocol: ``Filter.1.Value.2=x``.

Names are those that botocore's serializers write: ``member`` and ``entry`` between a
collection and its numbers unless it is flattened, and in ``ec2`` neither.
"""

from __future__ import annotations

from itertools import count, takewhile
from typing import TYPE_CHECKING, Any

from awsio.testing.server.scalars import from_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from botocore.model import Shape

__all__ = ("parse_form",)


def parse_form(fields: Mapping[str, str], shape: Shape, protocol: str) -> dict[str, Any]:
    """Read the arguments of a call.

    Args:
        fields: the form's names to its values.
        shape: the operation's input.
        protocol: ``query`` or ``ec2``.

    Raises:
        ValueError: a value is not of its shape's type.
    """
    form = Form(fields, is_ec2=protocol == "ec2")
    return dict(form.structure(shape, ""))


class Form:
    """Reads values by shape and name.

    Args:
        fields: the form's names to its values.
        is_ec2: whether names are those of the protocol ``ec2``.
    """

    def __init__(self, fields: Mapping[str, str], *, is_ec2: bool) -> None:
        self._fields = fields
        self._is_ec2 = is_ec2
        # All names, and all that stand before a dot.
        self._prefixes = {
            ".".join(pieces[:length])
            for pieces in (name.split(".") for name in fields)
            for length in range(1, len(pieces) + 1)
        }

    def value(self, shape: Any, name: str) -> Any:
        """Read a value that is there."""
        if shape.type_name == "structure":
            return self.structure(shape, name)
        if shape.type_name == "list":
            return self.list(shape, name)
        if shape.type_name == "map":
            return self.map(shape, name)
        return from_text(self._fields[name], shape)

    def structure(self, shape: Any, name: str) -> dict[str, Any]:
        """Read the members that are there."""
        names = {
            key: join(name, self.wire_name(member, key)) for key, member in shape.members.items()
        }
        return {
            key: self.value(shape.members[key], wire_name)
            for key, wire_name in names.items()
            if self.has(shape.members[key], wire_name)
        }

    def has(self, shape: Any, name: str) -> bool:
        """Return whether a value is there; a flattened list may go by its items' name."""
        return bool({name, self.list_name(shape, name)} & self._prefixes)

    def list_name(self, shape: Any, name: str) -> str:
        """Return what stands before the numbers of a list."""
        if shape.type_name != "list" or self._is_ec2:
            return name
        item = shape.member.serialization.get("name")
        if not shape.serialization.get("flattened"):
            return join(name, item or "member")
        return join(name.rpartition(".")[0], item) if item else name

    def list(self, shape: Any, name: str) -> list[Any]:
        """Read a list; an empty one is a field with an empty value."""
        name = self.list_name(shape, name)
        return [self.value(shape.member, item) for item in self.numbered(name)]

    def map(self, shape: Any, name: str) -> dict[Any, Any]:
        """Read a map."""
        if not shape.serialization.get("flattened"):
            name = join(name, "entry")
        key = shape.key.serialization.get("name", "key")
        value = shape.value.serialization.get("name", "value")
        return {
            self.value(shape.key, join(entry, key)): self.value(shape.value, join(entry, value))
            for entry in self.numbered(name)
        }

    def numbered(self, name: str) -> Iterable[str]:
        """Return the names of a collection's entries, counted from 1."""
        return takewhile(self._prefixes.__contains__, (f"{name}.{number}" for number in count(1)))

    def wire_name(self, member: Shape, name: str) -> str:
        """Return a member's name on the wire."""
        serialization = member.serialization
        if not self._is_ec2:
            return str(serialization.get("name", name))
        given = str(serialization.get("name", name))
        # A locationName is for the response; requests have it with a capital.
        is_named = "name" in serialization
        return str(
            serialization.get("queryName", given[:1].upper() + given[1:] if is_named else given)
        )


def join(prefix: str, name: str) -> str:
    """Put a name behind a prefix."""
    return f"{prefix}.{name}" if prefix else name
