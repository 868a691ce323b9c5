"""The command ``awsio``; ``python -m awsio`` is the same.

Rules kept here: only public names of awsio are used, and :mod:`awsio.extras`; without the
extra ``cli`` the command says in one line what to install; no traceback for what a user can
meet.

Exit codes:

- 0: the answer came to its end;
- 1: the call failed, or the stream broke off;
- 2: the command is not set up: arguments, profile, credentials, region, endpoint, an extra;
- 130: interrupted by Ctrl-C (128 + SIGINT);
- 141: whoever read the output has gone, as with ``| head -1`` (128 + SIGPIPE).
"""

from __future__ import annotations

import sys
from typing import NoReturn

from awsio.errors import MissingExtraError
from awsio.extras import needs_extra

__all__ = ("main",)


def main() -> NoReturn:
    """Run the command with the arguments of this process, and exit.

    Raises:
        SystemExit: always, with one of the exit codes above.
    """
    try:
        with needs_extra("cli", "click"):
            from awsio.cli.commands import run  # noqa: PLC0415 - click is in the extra `cli`
        code = run()
    except MissingExtraError as error:
        sys.stderr.write(f"awsio: error: {error}\n")
        code = 2
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
