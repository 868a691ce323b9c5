"""Sphinx: how the documentation is built.

Rules: nothing is fetched while building, and a name that leads nowhere is an error. Names of other
projects and of the standard library are therefore accepted by pattern instead of being looked up in
their inventories.
"""

from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.ext.napoleon import GoogleDocstring

import awsio

if TYPE_CHECKING:
    from docutils.nodes import Element, TextElement
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

project = "awsio"
author = "The awsio developers"
project_copyright = "The awsio developers"
release = version = awsio.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
]
exclude_patterns = ["_build"]

nitpicky = True
OTHER_PACKAGES = (
    "boto3",
    "botocore",
    "click",
    "h2",
    "hypercorn",
    "jmespath",
    "rich",
    "typing_extensions",
    "urllib3",
)
nitpick_ignore_regex = [
    ("py:.*", rf"({'|'.join(sorted({*sys.stdlib_module_names, *OTHER_PACKAGES}))})(\..*)?"),
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# The signature has the type. A colon in a sentence under `Returns:` ends no type here.
napoleon_use_rtype = False
# `Attributes:` is the description; autodoc adds the members themselves where they are asked for.
napoleon_use_ivar = True

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"awsio {release}"

# A name that two modules export belongs to the page of the first.
PUBLIC_MODULES = (
    "awsio.errors",
    "awsio.eventstream",
    "awsio.events",
    "awsio.sources",
    "awsio.testing",
    "awsio",
)


def public_names() -> dict[str, str]:
    """Map the ways in which the package writes a public name to where the reference has it.

    A type in a signature is named by the module that defines it
    (`awsio.eventstream.frame.Frame`), or as the source writes it (`Frame`) where it is imported
    for type checkers only. Documented it is where users import it from
    (`awsio.eventstream.Frame`).
    """
    names: dict[str, str] = {}
    for module_name in PUBLIC_MODULES:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            public = names.setdefault(name, f"{module_name}.{name}")
            names[f"{module_name}.{name}"] = public
            target = getattr(module, name)
            if hasattr(target, "__qualname__"):
                names.setdefault(f"{target.__module__}.{target.__qualname__}", public)
    return names


def names_without_page() -> set[str]:
    """Collect the names in signatures that no page of this reference can have.

    They are what the package imports from others, its type variables, its type aliases and
    the types of keyword arguments.
    """
    names: set[str] = set()
    for source in Path(awsio.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            match node:
                case ast.ImportFrom(module=str(module)) if module.split(".")[0] != "awsio":
                    names.update(alias.asname or alias.name for alias in node.names)
                case ast.Call(
                    func=ast.Name("TypeVar" | "ParamSpec"), args=[ast.Constant(name), *_]
                ):
                    names.add(name)
                case ast.ClassDef(name, bases=[ast.Name("TypedDict")]):
                    names.add(name)
                case ast.AnnAssign(ast.Name(name), annotation=ast.Name("TypeAlias")):
                    names.add(name)
    return names


PUBLIC_NAMES = public_names()
NAMES_WITHOUT_PAGE = names_without_page()


def resolve_name(
    app: Sphinx,  # noqa: ARG001 - the signature is Sphinx's
    env: BuildEnvironment,
    node: pending_xref,
    contnode: TextElement,
) -> Element | None:
    """Resolve a reference to its public name; let a name without a page be text."""
    target = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    if public := PUBLIC_NAMES.get(target):
        return env.domains["py"].resolve_xref(
            env, node["refdoc"], env.app.builder, node["reftype"], public, node, contnode
        )
    return contnode if target.rpartition(".")[2] in NAMES_WITHOUT_PAGE else None


def show_public_bases(
    app: Sphinx,  # noqa: ARG001 - the signature is Sphinx's
    name: str,  # noqa: ARG001 - the signature is Sphinx's
    obj: object,  # noqa: ARG001 - the signature is Sphinx's
    options: object,  # noqa: ARG001 - the signature is Sphinx's
    bases: list[type],
) -> None:
    """Name in place of a base class that is not public the bases that it has itself."""
    shown: list[type] = []
    for base in bases:
        inside = base.__module__.partition(".")[0] == "awsio"
        public = f"{base.__module__}.{base.__qualname__}" in PUBLIC_NAMES
        shown.extend(base.__bases__ if inside and not public else [base])
    bases[:] = shown


def read_property(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    lines: list[str],
) -> None:
    """Read the docstring of a property as that of a method, sections and all.

    Napoleon would take the words before its first colon for a type.
    """
    if what == "property":
        parsed = GoogleDocstring(lines, app.config, app, "method", name, obj, options).lines()
        # Napoleon runs again after this: in an empty comment it finds no colon.
        lines[:] = ["..", "", *parsed]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the functions of this file."""
    app.connect("autodoc-process-docstring", read_property, priority=400)  # napoleon has 500
    app.connect("autodoc-process-bases", show_public_bases)
    app.connect("missing-reference", resolve_name)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
