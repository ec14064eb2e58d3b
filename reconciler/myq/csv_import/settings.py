"""The settings that one import must be run with, in the words of MyQ's own form (myq.md section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reconciler.core.dialect import Header
from reconciler.core.rules import Mode

MODES: Mapping[Mode, str] = MappingProxyType(
    {
        Mode.IGNORE: "Do not synchronize",
        Mode.REPLACE: "Full synchronization",
        Mode.REPLACE_IF_PRESENT: "Synchronize if not empty",
        Mode.ADD: "Add new",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSettings:
    """A CSV source of *Users > Synchronization*; what is not named here is the same for every import."""

    header: Header
    encoding: str
    delimiter: str
    synchronization_source: str
    authentication_server: str = ""
    deactivate_missing_users: bool = False
    add_new_users: bool = False
    pair_by_the_personal_number: bool = False
    cards: Mode = Mode.IGNORE
    pin: Mode = Mode.IGNORE
    groups: Mode = Mode.IGNORE

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return each setting and its value, in the order of MyQ's form."""
        header = ("No header line", "off") if self.header is Header.NAMES else ("Skip header line", "on")
        return (
            ("Encoding", self.encoding),
            ("Column delimiter in CSV", "tab" if self.delimiter == "\t" else self.delimiter),
            header,
            ("Import groups under this group", ""),
            ("Synchronization source", self.synchronization_source),
            ("Ignore synchronization source", "off"),
            ("Use authentication server", _switch(bool(self.authentication_server))),
            ("Authentication server", self.authentication_server),
            ("Deactivate missing users", _switch(self.deactivate_missing_users)),
            ("Add new users", _switch(self.add_new_users)),
            ("Pair by the personal number", _switch(self.pair_by_the_personal_number)),
            ("Convert user name to lowercase", "off"),
            ("Cards", MODES[self.cards]),
            ("PIN", MODES[self.pin]),
            ("Groups", MODES[self.groups]),
        )


def _switch(on: bool) -> str:  # noqa: FBT001  a switch of MyQ's form is what it is about
    return "on" if on else "off"
