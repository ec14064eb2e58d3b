"""What is told, beside an import file, to the person who runs the import."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.change import Action
from reconciler.core.render.harmless import visible
from reconciler.myq.csv_import.compose import Import

TITLE = "MyQ import settings for "
"""How every such file begins, so that it is known again."""

SETTINGS = "Settings:"
"""Behind this line stands a setting in each line, up to an empty one."""

_SHOWN = 20
_DONE = {
    Action.CREATE: ("user is created", "users are created"),
    Action.REACTIVATE: ("user is undeleted", "users are undeleted"),
    Action.REKEY: ("user gets another user name", "users get other user names"),
    Action.UPDATE: ("user is changed", "users are changed"),
    Action.DEACTIVATE: ("user is deleted", "users are deleted"),
}


def settings_name(file: str) -> str:
    """Return the name of the file that tells the settings of an import file."""
    return f"{file}.settings.txt"


def instructions(file: str, made: Import, digest: str, *, knows_source: bool) -> str:
    """Return what to do with an import file, and what that will do."""
    lines = [
        f"{TITLE}{file}",
        "",
        f"1. Check that {file} is the file that was written (SHA-256 {digest.removeprefix('sha256:')}),",
        "   and copy it to the MyQ server. Do not open and save it with a spreadsheet on the way.",
        "2. In MyQ, under Users > Synchronization, take a CSV source with this file and exactly the settings",
        "   below.",
        "3. Run it once, with Synchronize now. Do not schedule it.",
        "4. Export the list of users again, and run `reconciler plan`: what is left to do is in that plan.",
        "",
        SETTINGS,
        *(f"{name}: {value}".rstrip() for name, value in made.settings.lines()),
        "",
        "What the run does:",
        *_effects(made),
        *_warnings(file, made, knows_source=knows_source),
    ]
    return "\n".join(lines) + "\n"


def nothing_to_import(file: str) -> str:
    """Return what stands there when all that was approved and needed is in MyQ."""
    return (
        f"{TITLE}{file}\n\nThere is nothing to import: what was approved and is needed is in MyQ already.\n"
    )


def not_ready(file: str) -> str:
    """Return what stands there while the import file is exchanged, and after a run that was cut off."""
    return (
        f"{TITLE}{file}\n\nDo NOT import {file}: `reconciler apply` is writing it, or was cut off. "
        "Run `reconciler apply` again.\n"
    )


def _effects(made: Import) -> Iterator[str]:
    counts = dict.fromkeys(_DONE, 0)
    for change in made.changes:
        counts[change.action] += 1
    for action, count in counts.items():
        if count:
            yield f"- {count:,} {_DONE[action][count != 1]}"
    yield f"- {len(made.rows):,} {'users are' if len(made.rows) != 1 else 'user is'} in the file"


def _warnings(file: str, made: Import, *, knows_source: bool) -> Iterator[str]:
    source = made.settings.synchronization_source
    if made.settings.deactivate_missing_users:
        yield ""
        yield f"MyQ deletes everybody with the synchronization source {source} who is not in the file."
        yield "Whoever came to be after the list of users was read is not in it. Switch the option off"
        yield "afterwards."
    elif not knows_source:
        yield ""
        yield "The file holds only those who change. With Deactivate missing users on, MyQ would delete"
        yield f"everybody else with the synchronization source {source}."
    if made.left_out:
        shown = ", ".join(map(visible, made.left_out[:_SHOWN])) + (
            ", ..." if len(made.left_out) > _SHOWN else ""
        )
        yield ""
        yield f"Not in the file, though they stay as they are, since it cannot hold them: {shown}"
    if any(row.pins for row in made.rows):
        yield ""
        yield f"{file} holds PINs: delete it everywhere once it was imported."
