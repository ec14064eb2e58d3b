"""The settings of a CSV synchronization source, in MyQ's words (myq.md section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_type_hints

from reconciler.core.rules import Mode
from reconciler.simulator.settings import check_csv, typed

_WHERE = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvSettings:
    """How a CSV file is read and what it may do.

    `skip_header_line` counts up to 10.1, `no_header_line` from 10.2 on. An empty `delimiter` is MyQ's
    *Default*: the one of its general settings. The defaults of `encoding` and
    `synchronization_source` are the simulator's own.
    """

    encoding: str = "utf-8"
    delimiter: str = ""
    skip_header_line: bool = False
    no_header_line: bool = False
    import_groups_under: str = ""
    synchronization_source: str = "CSV"
    ignore_synchronization_source: bool = False
    authentication_server: str = ""
    deactivate_missing_users: bool = False
    add_new_users: bool = False
    pair_by_the_personal_number: bool = False
    convert_user_name_to_lowercase: bool = False
    cards: Mode = Mode.REPLACE_IF_PRESENT
    pin: Mode = Mode.REPLACE_IF_PRESENT
    groups: Mode = Mode.REPLACE_IF_PRESENT


def settings_from(texts: Mapping[str, str]) -> CsvSettings:
    """Return the settings that texts under camelCase names say, as in ``addNewUsers=true``."""
    names = {_camel(name): name for name in CsvSettings.__slots__}
    hints = get_type_hints(CsvSettings)
    values = typed({camel: hints[name] for camel, name in names.items()}, texts.items(), _WHERE)
    settings = CsvSettings(**{names[camel]: value for camel, value in values.items()})
    check_csv(settings.encoding, settings.delimiter or ",", _WHERE)
    return settings


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
