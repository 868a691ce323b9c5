"""`read_private`: a private attribute of another library's object, or an error that says so."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ("PrivateNameError", "missing_name", "read_private")


class PrivateNameError(RuntimeError):
    """A library no longer has a private name that awsio needs.

    It is not an ``AttributeError``: ``hasattr`` and ``getattr`` with a default would
    hide it.
    """


def missing_name(library: str, name: str) -> PrivateNameError:
    """Create the error for a name that is gone.

    Args:
        library: the library's module, such as ``botocore``.
        name: what it had, such as ``EventStream._parser``.
    """
    if library.partition(".")[0] in sys.stdlib_module_names:
        version = f"of Python {sys.version.split()[0]}"
    else:
        version = getattr(sys.modules.get(library), "__version__", "of an unknown version")
    return PrivateNameError(
        f"{library} {version} has no {name}, which awsio needs: install a version of {library} "
        "that this release of awsio was tested with, and report the one that is installed"
    )


def read_private(library: str, owner: Any, name: str) -> Any:
    """Return a private attribute.

    Args:
        library: the module of the library that the object comes from.
        owner: the object.
        name: the attribute.

    Raises:
        PrivateNameError: the object has no such attribute.
    """
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise missing_name(library, f"{type(owner).__name__}.{name}") from error
