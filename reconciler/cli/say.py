"""What goes to standard error: errors, and notes beside the product."""

from __future__ import annotations

import typer

from reconciler.errors import ManifestError, ReconcilerError


def say(error: ReconcilerError, target: str = "") -> None:
    """Tell an error, and on which target it happened; what it quotes cannot take hold of the terminal."""
    from reconciler.core.render.harmless import visible

    opening = "" if isinstance(error, ManifestError) else f"error on {target}: " if target else "error: "
    typer.echo("\n".join(map(visible, f"{opening}{error}".splitlines())), err=True)


def note(text: str) -> None:
    """Tell what is worth knowing and stops nothing."""
    typer.echo(f"note: {text}", err=True)
