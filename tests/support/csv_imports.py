"""What an administrator does with an import file: reads the settings beside it, and runs it in MyQ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reconciler.core.rules import Mode
from reconciler.myq.csv_import.words import SETTINGS
from reconciler.simulator.remote import Remote

MODES = {
    "Do not synchronize": Mode.IGNORE,
    "Full synchronization": Mode.REPLACE,
    "Synchronize if not empty": Mode.REPLACE_IF_PRESENT,
    "Add new": Mode.ADD,
}
SWITCHES = {"on": "true", "off": "false"}


def stated(settings: str) -> dict[str, str]:
    """Return the settings that the text beside an import file tells, by MyQ's names."""
    lines = settings.splitlines()
    start = lines.index(SETTINGS) + 1
    told = lines[start : lines.index("", start)]
    return {name: value.strip() for name, _, value in (line.partition(":") for line in told)}


def entered(told: dict[str, str]) -> dict[str, str]:
    """Return the settings as the simulator takes them: each is entered, none is left out or made up."""
    told = dict(told)
    assert told.pop("Use authentication server") == ("on" if told["Authentication server"] else "off")
    delimiter = told.pop("Column delimiter in CSV")
    values = {camel(name): SWITCHES.get(value, MODES.get(value, value)) for name, value in told.items()}
    return {**values, "delimiter": "\t" if delimiter == "tab" else delimiter}


def camel(name: str) -> str:
    first, *others = name.removesuffix(" this group").split()
    return first.lower() + "".join(map(str.capitalize, others))


def import_file(myq: Remote, path: Path) -> dict[str, Any]:
    """Run the import of a file with exactly the settings that are told beside it; return MyQ's report."""
    told = path.with_name(f"{path.name}.settings.txt").read_text(encoding="utf-8")
    return myq.import_csv(path.read_bytes(), **entered(stated(told)))
