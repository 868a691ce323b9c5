"""Which names of a JMESPath expression an operation's events cannot have.

An expression is followed through the shapes of the model as far as they tell what a value
is. A name that none of the possible values has can never be found, so it is an error
rather than an empty result. There are no false alarms: at documents, literals and results
of functions the model says nothing, and there every name is accepted. So is
``SDK_UNKNOWN_MEMBER``, by which events and union members are selected that the model does
not know.

The node types and their children are those of jmespath's parser:
https://github.com/jmespath/jmespath.py/blob/develop/jmespath/ast.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from awsio.errors import UnknownNameError
from awsio.events.event import UNKNOWN_MEMBER, is_structure
from awsio.suggestions import close_matches

if TYPE_CHECKING:
    from botocore.model import StructureShape

__all__ = ("check_expression",)

Node: TypeAlias = Mapping[str, Any]
#: What a value may be, shapes, ``Items`` and ``Fields``: nothing but null if empty, anything
#: if None.
Possible: TypeAlias = "tuple[Any, ...] | None"
Visitor: TypeAlias = "Callable[[Node, Possible], Possible]"


class Items(NamedTuple):
    """A list that is made by the expression.

    Attributes:
        items: what its items may be.
    """

    items: Possible


class Fields(NamedTuple):
    """An object that is not of a shape: an event, or one that is made by the expression.

    Attributes:
        name: the name of the object in messages.
        fields: what the value of each field may be.
        kind: what messages call a field.
    """

    name: str
    fields: Mapping[str, Possible]
    kind: str = "member"


UNKNOWN_VALUE = Fields(UNKNOWN_MEMBER, MappingProxyType({"name": ()}))


def check_expression(
    parsed: Node, stream_shape: StructureShape, operation_name: str, *, is_typed: bool
) -> None:
    """Check the names of an expression against the events of an operation.

    Args:
        parsed: the syntax tree, ``jmespath.compile(expression).parsed``.
        stream_shape: the event stream's shape.
        operation_name: the operation, for messages.
        is_typed: whether events have the members of their shapes only; False checks no
            more than the event types.

    Raises:
        UnknownNameError: no event has one of the names.
    """
    events: dict[str, Possible] = {
        name: (shape,) if is_typed else None for name, shape in stream_shape.members.items()
    }
    event = Fields(operation_name, {**events, UNKNOWN_MEMBER: (UNKNOWN_VALUE,)}, "event")
    follow(parsed, (event,))


def follow(node: Node, value: Possible) -> Possible:
    """Return what a node may evaluate to, for what the current value may be."""
    visit = VISITORS.get(node["type"])
    return None if visit is None else visit(node, value)


# Values


def fields_of(value: Any) -> Mapping[str, Possible] | None:
    """Return the fields of an object; None if it may have any, or is not an object."""
    if isinstance(value, Fields):
        return value.fields
    if isinstance(value, Items) or not is_structure(value):
        return None
    fields: dict[str, Possible] = {name: (shape,) for name, shape in value.members.items()}
    return {**fields, UNKNOWN_MEMBER: (UNKNOWN_VALUE,)} if value.is_tagged_union else fields


def is_free(value: Any) -> bool:
    """Return whether a value is a document, which may be anything."""
    return getattr(value, "is_document_type", False)


def is_list(value: Any) -> bool:
    """Return whether a value is a list."""
    return isinstance(value, Items) or getattr(value, "type_name", "") == "list"


def items_of(value: Any) -> Possible:
    """Return what the items of a list may be."""
    return value.items if isinstance(value, Items) else (value.member,)


def union(parts: Iterable[Possible]) -> Possible:
    """Return what a value may be that is one of several."""
    result: dict[object, Any] = {}
    for part in parts:
        if part is None:
            return None
        # By name: a shape that is reached in many ways is followed once.
        result.update(
            (id(one) if isinstance(one, (Items, Fields)) else one.name, one) for one in part
        )
    return tuple(result.values())


def lists_in(value: Possible) -> list[Any] | None:
    """Return the lists that a value may be; None if it may be anything.

    Of what is not a list a projection is null, so it is left out.
    """
    if value is None or any(map(is_free, value)):
        return None
    return [*filter(is_list, value)]


def all_items(value: Possible) -> Possible:
    """Return what the items of a value may be, whichever list it is."""
    lists = lists_in(value)
    return None if lists is None else union(map(items_of, lists))


def all_values(value: Possible) -> Possible:
    """Return what the values of the fields of an object may be."""
    parts: list[Possible] = []
    for one in value or ():
        fields = fields_of(one)
        if fields is not None:
            parts += fields.values()
        elif getattr(one, "type_name", "") == "map":
            parts.append((one.value,))
        elif is_free(one):
            return None
    return None if value is None else union(parts)


def field(name: str, value: Possible) -> Possible:
    """Return what a field of a value may be.

    Raises:
        UnknownNameError: nothing that the value may be has the field.
    """
    if value is None or any(map(is_free, value)):
        return None
    if not value:  # a field of null is null
        return value
    found: list[Possible] = []
    for one in value:
        fields = fields_of(one)
        if fields is not None and name in fields:
            found.append(fields[name])
        elif getattr(one, "type_name", "") == "map":
            found.append((one.value,))
    if not found:
        raise unknown_field(name, value)
    return union(found)


def unknown_field(name: str, value: tuple[Any, ...]) -> UnknownNameError:
    """Return the error for a field that no possible value has, with similar names."""
    owner = " or ".join(dict.fromkeys(label(one) for one in value))
    items = all_items(value) or ()
    if any(name in (fields_of(item) or ()) for item in items):
        msg = f"the list {owner} has no member {name!r}, its items have"
        return UnknownNameError(msg, suggestions=[f"[].{name}"])
    known = dict.fromkeys(known for one in value for known in fields_of(one) or ())
    known.pop(UNKNOWN_MEMBER, None)
    near = close_matches(name, known, cutoff=0.5)
    kind = next((one.kind for one in value if isinstance(one, Fields)), "member")
    rest = "" if near or not known else f"; it has {', '.join(known)}"
    return UnknownNameError(f"{owner} has no {kind} {name!r}{rest}", suggestions=near)


def label(value: Any) -> str:
    """Return what a value is called in a message."""
    if isinstance(value, Items):
        return "made by the expression"
    name: str = value.name
    return name


# Nodes


def visit_chain(node: Node, value: Possible) -> Possible:
    """Follow children one after the other: each gets the value of the one before."""
    for child in node["children"]:
        value = follow(child, value)
    return value


def visit_choice(node: Node, value: Possible) -> Possible:
    """Follow children of which one is the result."""
    return union([follow(child, value) for child in node["children"]])


def visit_test(node: Node, value: Possible) -> Possible:
    """Follow children that give true or false."""
    visit_choice(node, value)
    return None


def visit_index(_: Node, value: Possible) -> Possible:
    """Return an item of a list."""
    return all_items(value)


def visit_slice(_: Node, value: Possible) -> Possible:
    """Return a part of a list."""
    lists = lists_in(value)
    return None if lists is None else tuple(lists)


def visit_flatten(node: Node, value: Possible) -> Possible:
    """Return a list whose items that are lists are replaced by their items."""
    (base,) = node["children"]
    items = all_items(follow(base, value))
    if items is None:
        return None
    flat = union(items_of(item) if is_list(item) else (item,) for item in items)
    return (Items(flat),)


def visit_projection(node: Node, value: Possible) -> Possible:
    """Follow the right side for the items of the left one."""
    base, right = node["children"]
    return (Items(follow(right, all_items(follow(base, value)))),)


def visit_value_projection(node: Node, value: Possible) -> Possible:
    """Follow the right side for the values of the object on the left."""
    base, right = node["children"]
    return (Items(follow(right, all_values(follow(base, value)))),)


def visit_filter(node: Node, value: Possible) -> Possible:
    """Follow the condition and the right side for the items of the left one."""
    base, right, condition = node["children"]
    items = all_items(follow(base, value))
    follow(condition, items)
    return (Items(follow(right, items)),)


def visit_multi_select_list(node: Node, value: Possible) -> Possible:
    """Return a list of the children's values."""
    return (Items(visit_choice(node, value)),)


def visit_multi_select_dict(node: Node, value: Possible) -> Possible:
    """Return an object of the children's values."""
    fields = {pair["value"]: visit_chain(pair, value) for pair in node["children"]}
    return (Fields("the object made by the expression", fields),)


def visit_function(node: Node, value: Possible) -> Possible:
    """Follow the arguments of a function; of ``&x`` the value is an item of the list."""
    plain = [child for child in node["children"] if child["type"] != "expref"]
    arguments = [follow(child, value) for child in plain]
    mapped: Possible = None
    for child in node["children"]:
        if child["type"] == "expref":
            mapped = visit_chain(child, all_items(union(arguments)))
    result = FUNCTIONS.get(node["value"])
    return None if result is None else result(arguments, mapped)


#: What functions return, by the values of their arguments and that of ``&x`` for each item.
FUNCTIONS: Mapping[str, Callable[[list[Possible], Possible], Possible]] = MappingProxyType(
    {
        "map": lambda _, mapped: (Items(mapped),),
        "max_by": lambda arguments, _: all_items(union(arguments)),
        "min_by": lambda arguments, _: all_items(union(arguments)),
        "not_null": lambda arguments, _: union(arguments),
        "reverse": lambda arguments, _: union(arguments),
        "sort_by": lambda arguments, _: union(arguments),
        "values": lambda arguments, _: (Items(all_values(union(arguments))),),
    }
)
VISITORS: Mapping[str, Visitor] = MappingProxyType(
    {
        "and_expression": visit_choice,
        "comparator": visit_test,
        "current": lambda _, value: value,
        "field": lambda node, value: field(node["value"], value),
        "filter_projection": visit_filter,
        "flatten": visit_flatten,
        "function_expression": visit_function,
        "identity": lambda _, value: value,
        "index": visit_index,
        "index_expression": visit_chain,
        "multi_select_dict": visit_multi_select_dict,
        "multi_select_list": visit_multi_select_list,
        "not_expression": visit_test,
        "or_expression": visit_choice,
        "pipe": visit_chain,
        "projection": visit_projection,
        "slice": visit_slice,
        "subexpression": visit_chain,
        "value_projection": visit_value_projection,
    }
)
