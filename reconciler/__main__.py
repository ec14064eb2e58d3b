"""Entry point of ``reconciler`` and of ``python -m reconciler``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    from reconciler.cli.app import run  # noqa: PLC0415  a broken installation should fail here, with words

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
