"""``python -m awsio`` is the command ``awsio``."""

from __future__ import annotations

from awsio.cli import main

if __name__ == "__main__":
    main()
