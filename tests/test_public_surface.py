"""What is public: the names that six modules export, the types in them, and the reference.

Public is what :data:`PUBLIC_MODULES` list in ``__all__``. A type that a public function,
method or property takes or returns is exported by one of them, so that users can name it, and
the reference documents the exported names and no others.
"""

from __future__ import annotations

import ast
import builtins
import functools
import importlib
import inspect
import pkgutil
import re
import typing
from pathlib import Path
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

import awsio

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PUBLIC_MODULES = (
    "awsio",
    "awsio.errors",
    "awsio.events",
    "awsio.eventstream",
    "awsio.sources",
    "awsio.testing",
)
MODULES = [
    "awsio",
    *(
        module.name
        for module in pkgutil.walk_packages(awsio.__path__, "awsio.")
        if not module.name.endswith("__main__")  # importing it runs the command
    ),
]
#: Special methods whose arguments and results users meet.
SPECIAL = re.compile(
    r"__(init|new|call|iter|next|enter|exit|getattr|getitem|aiter|anext|aenter|aexit)__"
)


DIRECTIVE = re.compile(
    r"^\.\. (?:auto|py:)(?P<kind>module|class|function|data)::"
    r" (?P<name>[\w.]+)(?P<signature>\(.*\))?\n(?P<options>(?: {3}:.*\n)*)",
    re.MULTILINE,
)
#: Stands for a name that a module does not have, or has for type checkers only.
NOTHING = object()


# --- exported names -----------------------------------------------------------------------


@pytest.mark.parametrize("module_name", MODULES)
def test_the_names_that_a_module_exports_are_a_tuple_in_order_without_doubles(
    module_name: str,
) -> None:
    names = getattr(importlib.import_module(module_name), "__all__", ())
    assert isinstance(names, tuple)
    assert list(names) == sorted(set(names), key=isort_key)


@pytest.mark.parametrize("module_name", PUBLIC_MODULES)
def test_every_public_name_exists_and_is_listed_by_dir(module_name: str) -> None:
    module = importlib.import_module(module_name)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert set(module.__all__) <= set(dir(module))


def isort_key(name: str) -> tuple[int, str]:
    """Return what ruff sorts by: constants, then classes, then the rest."""
    kind = 0 if name.isupper() else 1 if name[0].isupper() else 2
    return kind, name


def exports() -> dict[str, Any]:
    """Map the full name of everything exported to the thing itself."""
    return {
        f"{module_name}.{name}": getattr(importlib.import_module(module_name), name, NOTHING)
        for module_name in PUBLIC_MODULES
        for name in importlib.import_module(module_name).__all__
    }


# --- the reference ------------------------------------------------------------------------


class Directive(NamedTuple):
    """A directive of the reference that describes something.

    Attributes:
        kind: `module`, `class`, `function` or `data`.
        name: the full name.
        signature: what the page writes in place of the real signature, empty if nothing.
        options: the options, as the page writes them.
    """

    kind: str
    name: str
    signature: str
    options: str


@functools.cache
def directives() -> tuple[Directive, ...]:
    """Read the directives of all pages of the reference."""
    found: list[Directive] = []
    for page in sorted((ROOT / "docs" / "reference").glob("*.md")):
        module = ""
        for match in DIRECTIVE.finditer(page.read_text("utf-8")):
            name = match["name"] if "." in match["name"] else f"{module}.{match['name']}"
            if match["kind"] == "module":
                module = name = match["name"]
            found.append(Directive(match["kind"], name, match["signature"], match["options"]))
    return tuple(found)


def documented() -> set[str]:
    """Collect the full names that the index of the reference has, members aside."""
    names: set[str] = set()
    for directive in directives():
        if ":no-index:" not in directive.options:
            names.add(directive.name)
        if directive.kind == "module" and ":members:" in directive.options:
            module = importlib.import_module(directive.name)
            exported = {name: getattr(module, name) for name in module.__all__}
            names |= {f"{module.__name__}.{name}" for name, one in exported.items() if said(one)}
    return names


def documented_parameters(owner: str) -> frozenset[str] | None:
    """Return the parameters of a constructor for which the reference writes its own signature.

    None where it does not: all of the real signature's are public.
    """
    name, _, method = owner.rpartition(".")
    for directive in directives():
        if directive.name == name and directive.signature and method in ("__init__", "__new__"):
            arguments = ast.parse(f"def f{directive.signature}: ...").body[0]
            assert isinstance(arguments, ast.FunctionDef)
            return frozenset(one.arg for one in ast.walk(arguments) if isinstance(one, ast.arg))
    return None


def said(target: object) -> bool:
    """Return whether a module, a class (itself, not its base) or a function has a docstring.

    Constants and type aliases cannot have one: the reference describes those.
    """
    if isinstance(target, type):
        return bool(vars(target).get("__doc__"))
    return isinstance(target, ModuleType | FunctionType) and bool(target.__doc__)


def test_the_reference_documents_every_exported_name() -> None:
    described = [thing for name, thing in named().items() if name in documented()]
    missing = [
        name for name, thing in exports().items() if not any(thing is one for one in described)
    ]
    assert missing == []


def test_the_reference_documents_no_other_name() -> None:
    assert sorted(documented() - named().keys()) == []


def test_a_name_that_two_modules_export_is_documented_once() -> None:
    described = [thing for name, thing in named().items() if name in documented()]
    assert len({id(thing) for thing in described}) == len(described)


def named() -> dict[str, Any]:
    """Map the full names that the reference may have to the things: modules, what they export."""
    modules = {name: importlib.import_module(name) for name in PUBLIC_MODULES}
    return {**exports(), **modules}


@pytest.mark.parametrize("name", sorted(exports()))
def test_every_exported_name_has_a_docstring_or_a_description(name: str) -> None:
    data = {directive.name for directive in directives() if directive.kind == "data"}
    assert said(exports()[name]) or name in data


# --- types in signatures ------------------------------------------------------------------


def test_every_type_in_a_public_signature_is_exported() -> None:
    found: dict[str, set[str]] = {}
    for owner, function in public_functions():
        for target in types_of(function, documented_parameters(owner)):
            found.setdefault(target, set()).add(owner)
    wrong = {
        target: sorted(owners) for target, owners in sorted(found.items()) if not is_public(target)
    }
    assert wrong == {}


def public_functions() -> Iterator[tuple[str, Any]]:
    """Yield every function of the public surface, and every class with annotated fields."""
    for name, target in exports().items():
        if isinstance(target, type):
            yield name, target
            for member in dir(target):
                if not member.startswith("_") or SPECIAL.fullmatch(member):
                    for function in functions_in(inspect.getattr_static(target, member)):
                        yield f"{name}.{member}", function
        else:
            for function in functions_in(target):
                yield name, function


def functions_in(member: object) -> Iterator[FunctionType]:
    """Yield the functions of awsio behind a function, a method, a property, an overload."""
    match member:
        case property():
            inner: list[Any] = [member.fget, member.fset]
        case classmethod() | staticmethod():
            inner = [member.__func__]
        case functools.cached_property():
            inner = [member.func]
        case FunctionType() if member.__module__.partition(".")[0] == "awsio":
            yield member
            yield from (
                one for one in typing.get_overloads(member) if isinstance(one, FunctionType)
            )
            inner = [getattr(member, "__wrapped__", None)]
        case _:
            inner = []
    for one in inner:
        yield from functions_in(one)


def types_of(target: Any, parameters: frozenset[str] | None = None) -> set[str]:
    """Collect the full names of awsio's types in the annotations of a function or a class.

    Args:
        target: the function, or the class whose fields are annotated.
        parameters: look at the annotations of these names alone, None for all.
    """
    if isinstance(target, type):
        bases = [base for base in target.__mro__ if base.__module__.partition(".")[0] == "awsio"]
        fields = [
            (base.__module__, text)
            for base in bases
            for name, text in vars(base).get("__annotations__", {}).items()
            if not name.startswith("_")
        ]
    else:
        fields = [
            (target.__module__, text)
            for name, text in target.__annotations__.items()
            if parameters is None or name in parameters
        ]
    return {
        found
        for module_name, text in fields
        for found in Scope.of(module_name).types_in(written(text))
    }


def written(annotation: Any) -> str:
    """Return an annotation as its module writes it.

    A NamedTuple wraps it, and the ``__init__`` that a dataclass writes returns None itself.
    """
    return str(getattr(annotation, "__forward_arg__", annotation))


def is_public(target: str) -> bool:
    """Return whether one of the public modules exports the thing that has this full name."""
    module_name, _, name = target.rpartition(".")
    thing = getattr(importlib.import_module(module_name), name, NOTHING)
    return any(thing is exported for exported in exports().values())


class Scope(NamedTuple):
    """What the names in a module's annotations mean, those for type checkers included.

    Attributes:
        module_name: the module.
        imports: names imported from awsio to their full names.
        foreign: names that come from other packages.
        aliases: names that are assigned to the expressions.
        classes: names of the classes that the module defines.
    """

    module_name: str
    imports: dict[str, str]
    foreign: set[str]
    aliases: dict[str, ast.expr]
    classes: set[str]

    @classmethod
    @functools.cache
    def of(cls, module_name: str) -> Scope:
        """Read a module's source."""
        scope = cls(module_name, {}, set(dir(builtins)), {}, set())
        module = importlib.import_module(module_name)
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            match node:
                case ast.ImportFrom(module=str(source)):
                    for alias in node.names:
                        name = alias.asname or alias.name
                        if source.partition(".")[0] == "awsio":
                            scope.imports[name] = f"{source}.{alias.name}"
                        else:
                            scope.foreign.add(name)
                case ast.Import():
                    scope.foreign.update(alias.asname or alias.name for alias in node.names)
                case ast.ClassDef():
                    scope.classes.add(node.name)
                case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value):
                    scope.aliases[name] = value
                case ast.Assign(targets=[ast.Name(name)], value=value):
                    scope.aliases[name] = value
        return scope

    def types_in(self, annotation: str) -> set[str]:
        """Collect the full names of awsio's types in an annotation."""
        return self.walk(ast.parse(annotation, mode="eval").body)

    def walk(self, node: ast.expr) -> set[str]:
        """Collect the full names of awsio's types in an expression."""
        found: set[str] = set()
        for each in ast.walk(node):
            match each:
                case ast.Subscript(ast.Name("Unpack"), ast.Name(name)) if name in self.imports:
                    # Keyword arguments: their types, not the class that gathers them.
                    source, _, original = self.imports[name].rpartition(".")
                    return found | types_of(getattr(importlib.import_module(source), original))
                case ast.Name(name):
                    found |= self.meaning(name)
                case ast.Constant(str(text)) if text.isidentifier() and text in self.imports:
                    found |= self.meaning(text)  # a forward reference
        return found

    def meaning(self, name: str) -> set[str]:
        """Find awsio's types behind a name: one, none, or those of an alias that is not public.

        Raises:
            LookupError: the module's source does not say what the name is.
        """
        if name in self.imports:
            source, _, original = self.imports[name].rpartition(".")
            there = Scope.of(source)
            if isinstance(getattr(importlib.import_module(source), original, None), ModuleType):
                return set()
            return there.meaning(original)
        if name in self.classes:
            return {f"{self.module_name}.{name}"}
        if name in self.foreign:
            return set()
        if name in self.aliases:
            full = f"{self.module_name}.{name}"
            return {full} if is_public(full) else self.walk(self.aliases[name])
        msg = f"{self.module_name} does not say what {name} is"
        raise LookupError(msg)
