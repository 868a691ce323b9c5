"""The process of one contestant: runs its task once whenever it is asked.

Started with a JSON document: ``task`` is ``module:function`` under ``tasks``, ``params``
are the function's arguments, ``hide`` names modules that are not to be found, and
``passes``, where it is given, runs the task that often and ends, for counters that look
at a process from outside.
"""

from __future__ import annotations

import gc
import json
import sys
from contextlib import ExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tests.bench.child import answer_parent

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("main",)


def main(spec: dict[str, Any]) -> None:
    """Prepare the task, and run it when asked."""
    for name in spec.get("hide", ()):
        sys.modules[name] = None  # type: ignore[assignment]  # this makes an import fail
    module, _, function = spec["task"].partition(":")
    with ExitStack() as stack:
        prepare = getattr(import_module(f"tests.bench.tasks.{module}"), function)
        run: Callable[[], dict[str, Any]] = prepare(stack, **spec["params"])

        def once(_question: str) -> dict[str, Any]:
            gc.collect()
            return run()

        if "passes" in spec:
            for _ in range(spec["passes"]):
                run()
        else:
            answer_parent({}, once)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
