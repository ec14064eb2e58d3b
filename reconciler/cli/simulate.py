"""``simulator`` and ``demo``: a MyQ to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reconciler.cli.flags import flag, one_of


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(simulator)
    app.command()(demo)


def simulator(
    port: Annotated[
        int, flag("--port", help="Port on 127.0.0.1; 0 takes a free one.", metavar="NUMBER", min=0, max=65535)
    ] = 8090,
    file: Annotated[
        str, flag("--file", help="SQLite file that keeps its state; in memory unless given.", metavar="FILE")
    ] = ":memory:",
    seed: Annotated[
        Path | None, flag("--seed", help="JSON file of users and groups to begin with.", metavar="FILE")
    ] = None,
    switch: Annotated[
        list[str] | None,
        flag("--switch", help="Set one assumption about MyQ; --switches lists them.", metavar="NAME=VALUE"),
    ] = None,
    dialect: Annotated[
        str,
        flag("--dialect", help="The REST interface it speaks: built-in, paged or people.", metavar="NAME"),
    ] = "built-in",
    fault: Annotated[
        list[str] | None,
        flag(
            "--fault",
            help="Let something go wrong: kind=error,status=503,operation=update_user,times=2.",
            metavar="FAULT",
        ),
    ] = None,
    listed: Annotated[
        bool, flag("--switches", help="List what can be switched, with what it is unswitched, and end.")
    ] = False,
) -> None:
    """Run a simulated MyQ on this machine until it is interrupted.

    It knows the operations that MyQ does not document, so that everything can be tried; switch
    `undocumented_operations=false` shows what is left without them. Its specification, as an
    installation would bring it, is at /simulator/openapi.json?version=3.0.
    """
    from reconciler.simulator import faults, switches
    from reconciler.simulator.serve import SimulatorConfig, run

    if listed:
        for name, value, _, meaning in switches.described():
            typer.echo(f"{name}={value}\n    {meaning}")
        return
    one_of(dialect, switches.Dialect, "--dialect")
    assumed = switches.Switches(undocumented_operations=True, dialect=switches.Dialect(dialect))
    run(
        SimulatorConfig(
            port=port,
            file=file,
            seed=seed,
            switches=switches.parse(assumed, switch or ()),
            faults=tuple(faults.parse(one) for one in fault or ()),
        )
    )


def demo() -> None:
    """Tell the whole story on a simulated MyQ, as `make demo` does."""
    from reconciler.cli.story import tell

    tell()
