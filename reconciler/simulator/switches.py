"""What MyQ's documentation leaves open, each as a named switch with its default.

Nothing here is a fact about MyQ: a switch exists where `myq.md` is silent, tagged [INF], [RECALLED] or
[UNK], or where an administrator may choose. Each names the section that leaves it open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, NamedTuple, get_type_hints

from reconciler.errors import UsageError
from reconciler.simulator.settings import check_csv, pair, typed

_WHERE = "--switch"


class Release(StrEnum):
    """The release line that is played."""

    R10_1 = "10.1"
    R10_2 = "10.2"


class Server(StrEnum):
    """The role that is played: the guides for Central say /v2 where those for print servers say /v3."""

    PRINT = "print"
    CENTRAL = "central"


class Dialect(StrEnum):
    """The REST interface that is spoken: paths, names, paging; what each looks like is made up."""

    BUILT_IN = "built-in"
    PAGED = "paged"
    PEOPLE = "people"


class Collision(StrEnum):
    """What becomes of a value that another user holds already."""

    REJECT = "reject"
    SKIP = "skip"
    MOVE = "move"


class Returning(StrEnum):
    """What becomes of a user name that a deleted user bears."""

    UNDELETE = "undelete"
    RECREATE = "recreate"
    REFUSE = "refuse"


class OwnAlias(StrEnum):
    """What becomes of an alias equal to its user's own name."""

    SKIP = "skip"
    REFUSE = "refuse"
    KEEP = "keep"


class ExportedPins(StrEnum):
    """How PINs stand in an exported user list."""

    PLAIN = "plain"
    HASHED = "hashed"
    EMPTY = "empty"


class EmptiedGroups(StrEnum):
    """What becomes of a group that a synchronization leaves without members."""

    KEEP = "keep"
    DELETE = "delete"


class Open(NamedTuple):
    """Why there is a switch: the section of myq.md that leaves it open, and what it means."""

    section: str
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """Every assumption by name; `described` lists them with their section of myq.md."""

    release: Annotated[Release, Open("4.1", "release line: the header rule of CSV files")] = Release.R10_2
    server: Annotated[Server, Open("6.1", "print server (/v3) or Central (/v2)")] = Server.PRINT
    dialect: Annotated[Dialect, Open("6.3", "paths, names and paging of the REST interface")] = (
        Dialect.BUILT_IN
    )
    undocumented_operations: Annotated[
        bool, Open("6.3", "operations that only an installation's own YAML would show")
    ] = False
    undocumented_status: Annotated[int, Open("9", "HTTP status of an operation that is not there")] = 404
    user_name_case_sensitive: Annotated[
        bool, Open("5", "two users may differ only in the case of their names")
    ] = True
    aliases_ignore_case: Annotated[bool, Open("7.3", "an alias clashes with a name or alias in any case")] = (
        True
    )
    alias_equal_to_own_name: Annotated[OwnAlias, Open("7.3", "an alias equal to its user's name")] = (
        OwnAlias.SKIP
    )
    deleted_user_blocks_names: Annotated[
        bool, Open("5", "what a deleted user holds stays taken: names, cards, PINs, code")
    ] = True
    returning_user: Annotated[Returning, Open("9", "a synchronization meets the name of a deleted user")] = (
        Returning.UNDELETE
    )
    created_again: Annotated[
        Returning, Open("6.3", "the API is asked to create the name of a deleted user")
    ] = Returning.REFUSE
    deleted_users_can_be_changed: Annotated[
        bool, Open("5", "a deleted user accepts changes without being undeleted")
    ] = False
    search_finds_deleted_users: Annotated[
        bool, Open("6.3", "the documented search answers with deleted users too")
    ] = False
    card_collision: Annotated[Collision, Open("5", "a card that another user holds")] = Collision.REJECT
    pin_collision: Annotated[Collision, Open("5", "a PIN that another user holds")] = Collision.REJECT
    code_collision: Annotated[Collision, Open("10", "a personal number that another user holds")] = (
        Collision.REJECT
    )
    pin_minimum_length: Annotated[int, Open("5", "the administrator's setting, 4 to 16")] = 6
    constant_step_pins_refused: Annotated[
        bool, Open("5", "1111 and 1234 are refused when set by hand (8.2: only not generated)")
    ] = True
    generate_pins_in_synchronization: Annotated[
        bool, Open("5", "a synchronization gives PINs to users with an e-mail and no PIN")
    ] = False
    group_names_case_sensitive: Annotated[
        bool, Open("2.4", "two groups may differ only in the case of their names")
    ] = True
    group_names_may_hold_commas: Annotated[
        bool, Open("4.2", "the API takes a comma in a group name (a CSV cannot say it)")
    ] = False
    default_group_must_be_a_membership: Annotated[
        bool, Open("5", "the accounting group is one of the groups the user is in")
    ] = True
    unknown_fields_refused: Annotated[
        bool, Open("6.4", "a body with a field the API does not know is a 4xx")
    ] = True
    conflict_status: Annotated[int, Open("6.4", "HTTP status of what clashes with the current state")] = 409
    expired_token_status: Annotated[int, Open("9", "HTTP status for a missing, unknown or expired token")] = (
        401
    )
    missing_scope_status: Annotated[int, Open("9", "HTTP status for a token that lacks the scope")] = 403
    error_code_equals_status: Annotated[
        bool, Open("6.4", "off: the body's code is another number than the HTTP status")
    ] = True
    token_life: Annotated[int, Open("6.2", "seconds a token lives (documented: 1800)")] = 1800
    page_limit: Annotated[int, Open("6.3", "most users in one answer of the list")] = 1000
    csv_delimiter: Annotated[
        str, Open("4.1", "the delimiter of Settings > General: exports, and the Default")
    ] = ","
    csv_export_encoding: Annotated[str, Open("4.1", "encoding of an exported user list")] = "utf-8"
    csv_export_has_synchronization_source: Annotated[
        bool, Open("4.2", "an exported user list has a column with the source")
    ] = False
    csv_export_pins: Annotated[ExportedPins, Open("4.2", "PINs in an exported user list")] = (
        ExportedPins.PLAIN
    )
    csv_pins_may_be_hashed: Annotated[
        bool, Open("4.2", "an imported PIN may be `hash:` and an MD5 digest")
    ] = True
    csv_bom_is_stripped: Annotated[
        bool, Open("4.1", "a byte order mark is no part of the first column's name")
    ] = True
    csv_empty_field_clears: Annotated[
        bool, Open("4.1", "an empty e-mail, number, storage, ... or alias list clears MyQ's")
    ] = True
    manual_users_fall_under_ignore_source: Annotated[
        bool, Open("9", "missing users without any source are deleted too")
    ] = True
    csv_import_takes_phone_and_language: Annotated[
        bool, Open("4.2", "an imported file may have the columns PHONE and LANG")
    ] = True
    csv_pairing_by_number_renames: Annotated[
        bool, Open("2.3", "pairing by the personal number gives the user the name of its row")
    ] = True
    default_group_from_first_branch: Annotated[
        bool, Open("4.2", "the first branch of GROUPS becomes the default group")
    ] = False
    emptied_groups: Annotated[EmptiedGroups, Open("10", "a group nobody is in after a run")] = (
        EmptiedGroups.KEEP
    )


def described() -> tuple[tuple[str, str, str, str], ...]:
    """Return name, default, section of myq.md and meaning of every switch, in the order of `Switches`."""
    standard = Switches()
    return tuple(
        (name, str(getattr(standard, name)), *hint.__metadata__[0])
        for name, hint in get_type_hints(Switches, include_extras=True).items()
    )


def switched(switches: Switches, settings: Iterable[tuple[str, object]]) -> Switches:
    """Return *switches* with those named set; raise `UsageError` for what is no switch, or no value."""
    changed = replace(switches, **typed(get_type_hints(Switches), settings, _WHERE))
    check_csv(changed.csv_export_encoding, changed.csv_delimiter, _WHERE)
    for name, low, high in _RANGES:
        number = getattr(changed, name)
        if not low <= number <= high:
            raise UsageError(f"{name} cannot be {number}", hint=f"allowed: {low} to {high}", where=_WHERE)
    return changed


_RANGES = (
    ("pin_minimum_length", 4, 16),
    ("page_limit", 1, 100_000),
    ("undocumented_status", 400, 499),
    ("conflict_status", 400, 499),
    ("expired_token_status", 400, 499),
    ("missing_scope_status", 400, 499),
)


def parse(switches: Switches, settings: Iterable[str]) -> Switches:
    """Return *switches* with settings of the form ``NAME=VALUE`` applied in order."""
    return switched(switches, [pair(setting, _WHERE) for setting in settings])
