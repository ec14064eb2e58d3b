"""The demo: one organization, one night, told by the commands a person would type."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from importlib.resources import files
from pathlib import Path

import typer

from reconciler.simulator.serve import SimulatorConfig, running
from reconciler.simulator.switches import Switches

_SECRET = "MYQ_CLIENT_SECRET"  # noqa: S105  a name, not a secret
_PLACE = "http://127.0.0.1:8090"


def tell() -> None:
    """Run the example project against a simulated MyQ, from the first plan to an empty one.

    Raises typer.Exit with 1 when a command ends otherwise than the story says.
    """
    plan, approval, result = "tonight.plan.json", "tonight.approval.json", "tonight.result.json"
    with _project() as folder, chdir(folder):
        _say("The manifests in sources.d/ say who shall be in MyQ. Are they well written?")
        _run(["validate"], 0)
        _say(
            "What would change? Nothing is written. A card would go from one person to another,",
            "so a guard objects (exit code 3), and the plan is shown all the same.",
        )
        _run(["plan", "--out", plan], 3)
        _say("Nothing runs without an approval (exit code 4).")
        _run(["apply"], 4)
        _say("An approval that passes over the guard is not enough either (exit code 3).")
        _run(["approve", plan, "--by", "colleague@uni.example"], 0)
        _run(["apply", "--approval", approval], 3)
        _say("The library desk has a new owner: the guard is waived, by name and for a reason.")
        why = ["--waive", "identities-moved", "--reason", "Nadia took over the library desk"]
        _run(["approve", plan, "--by", "colleague@uni.example", *why], 0)
        _run(["apply", "--approval", approval, "--result", result], 0)
        _say("Is anything left to do? No: exit code 0, where 2 would mean changes.")
        _run(["plan", "--detailed-exitcode"], 0)
        _say("That was the whole story. `reconciler simulator` gives you a MyQ of your own to try it on.")


@contextmanager
def _project() -> Iterator[Path]:
    """Give a copy of the example, its target a simulator that is filled and listening."""
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as name:
        folder = Path(name)
        shutil.copytree(_example(), folder / "sources.d")
        seed = folder / "sources.d" / "data" / "myq.json"
        with running(SimulatorConfig(seed=seed, switches=Switches(undocumented_operations=True))) as myq:
            target = folder / "sources.d" / "target.yaml"
            text = target.read_text(encoding="utf-8").replace(_PLACE, myq.url)
            target.write_text(text, encoding="utf-8", newline="\n")
            os.environ[_SECRET] = myq.client_secret
            yield folder


def _example() -> Path:
    """Return the example's folder: in the installed package, or beside it in a checkout."""
    installed = Path(str(files("reconciler"))) / "_example"
    return installed if installed.is_dir() else Path(str(files("reconciler"))).parent / "sources.d"


def _say(*lines: str) -> None:
    typer.echo("")
    for line in lines:
        typer.echo(f"# {line}")


def _run(arguments: list[str], expected: int) -> None:
    from reconciler.cli.app import run

    typer.echo(f"$ reconciler {' '.join(map(_quoted, arguments))}")
    code = run(arguments)
    typer.echo(f"[exit code {code}]")
    if code != expected:
        typer.echo(f"this should have ended with {expected}", err=True)
        raise typer.Exit(1)


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word
