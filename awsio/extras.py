"""`needs_extra`: an import that one of the package's extras is needed for."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from awsio.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("needs_extra",)


@contextmanager
def needs_extra(extra: str, *modules: str) -> Iterator[None]:
    """Import what an extra brings, and name the extra where it is not installed.

    Any other import that fails inside the block is raised as it is: it tells of a package
    that is broken, or of one that another package needs, which installing the extra
    would not mend.

    Args:
        extra: the extra, such as ``local``.
        modules: the modules that it brings and that the block imports, by their top-level
            names.

    Raises:
        MissingExtraError: one of these modules is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        # Without the package, the name is that of the package, unless it is hidden by a None
        # in sys.modules: then it is that of the module in it.
        is_missing = error.name == package or sys.modules.get(package) is None
        if package not in modules or not is_missing:
            raise
        raise MissingExtraError(extra=extra) from error
