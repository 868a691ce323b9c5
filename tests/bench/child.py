"""Both ends of a child process that is asked things: one JSON document a line.

The child ends when its standard input does, so none outlives the run, however that ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ("Child", "answer_parent")


class Child:
    """A module of this package that runs in a process of its own.

    Args:
        module: its name, as ``worker``.
        spec: what it is told at its start.
        first_on_path: folders that go before all others on its ``sys.path``.

    Attributes:
        hello: the child's first document, which says that it is ready; see :meth:`wait`.
    """

    def __init__(
        self, module: str, spec: Mapping[str, Any], first_on_path: tuple[str, ...] = ()
    ) -> None:
        self.hello: dict[str, Any] = {}
        self._name = f"{module} {json.dumps(spec)[:120]}"
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", f"{__package__}.{module}", json.dumps(spec)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(first_on_path),
        )

    def wait(self) -> dict[str, Any]:
        """Wait until the child is ready; gives its first document."""
        self.hello = self._receive()
        return self.hello

    def ask(self, question: str) -> dict[str, Any]:
        """Ask, and wait for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return self._receive()

    def close(self) -> None:
        """Let the child end, and wait for that."""
        with self._process:
            pass  # closes both pipes, then waits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            msg = f"the process has ended, its error stands above: {self._name}"
            raise RuntimeError(msg)
        document: dict[str, Any] = json.loads(line)
        return document


def environment(first_on_path: tuple[str, ...] = ()) -> dict[str, str]:
    """Give the environment of a child: it finds the modules that this process finds.

    Strings are hashed alike in all processes, and no configuration of the user's is read.
    """
    path = os.pathsep.join([*first_on_path, *(entry or os.getcwd() for entry in sys.path)])  # noqa: PTH109 - sys.path holds strings
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "PYTHONPATH": path,
        "PYTHONHASHSEED": "0",
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }


def answer_parent(hello: Mapping[str, Any], answer: Callable[[str], Mapping[str, Any]]) -> None:
    """Say hello, then answer questions until there are no more."""
    print(json.dumps(hello), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
