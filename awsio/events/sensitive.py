"""What the model of an operation marks sensitive and does not put into a body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from awsio.masking import SensitiveNames

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel, Shape

__all__ = ("sensitive_members", "sensitive_names", "sensitive_output")

find_label = re.compile(r"\{([^}+]+)(\+?)\}")


def sensitive_names(model: OperationModel) -> SensitiveNames:
    """Find the sensitive parts of an operation's URL, and of the headers of both sides.

    Args:
        model: the operation's model.
    """
    places = [*places_of(model.input_shape), *places_of(model.output_shape)]
    labels = {name for location, name in places if location == "uri"}
    return SensitiveNames(
        headers=frozenset(name.lower() for location, name in places if location == "header"),
        header_prefixes=tuple(name.lower() for location, name in places if location == "headers"),
        query=frozenset(name for location, name in places if location == "querystring"),
        path=path_pattern(model.http.get("requestUri", ""), labels) if labels else None,
    )


def sensitive_output(shape: Shape | None) -> SensitiveNames:
    """Find the sensitive headers of responses.

    Args:
        shape: the operation's output; None has none.
    """
    places = [*places_of(shape)]
    return SensitiveNames(
        headers=frozenset(name.lower() for location, name in places if location == "header"),
        header_prefixes=tuple(name.lower() for location, name in places if location == "headers"),
    )


def sensitive_members(shape: Any) -> set[str]:
    """Find the members that are sensitive and outside the body, by their names in calls.

    Args:
        shape: the operation's input; None has none.
    """
    return {
        name
        for name, member in (shape.members if shape is not None else {}).items()
        if "location" in member.serialization and is_sensitive(member)
    }


def places_of(shape: Any) -> Iterator[tuple[str, str]]:
    """Yield the locations of sensitive members, with their names there."""
    for name in sensitive_members(shape):
        serialization = shape.members[name].serialization
        yield serialization["location"], serialization.get("name", name)


def is_sensitive(shape: Any) -> bool:
    """Return whether a member, or what a list or a map of it holds, is marked."""
    if shape.metadata.get("sensitive"):
        return True
    if shape.type_name == "list":
        return is_sensitive(shape.member)
    return shape.type_name == "map" and (is_sensitive(shape.key) or is_sensitive(shape.value))


def path_pattern(template: str, labels: set[str]) -> re.Pattern[str]:
    """Make the pattern of a path's end, with a group for each sensitive label.

    Args:
        template: such as ``/tiles/{X}/{Y+}``; what follows a question mark is left out.
        labels: the labels that are sensitive.
    """
    template = template.partition("?")[0]
    parts: list[str] = []
    end = 0
    for label in find_label.finditer(template):
        value = ".+" if label[2] else "[^/]+"
        parts += (
            re.escape(template[end : label.start()]),
            f"({value})" if label[1] in labels else value,
        )
        end = label.end()
    return re.compile("".join((*parts, re.escape(template[end:]), "$")))
