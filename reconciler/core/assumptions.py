"""What MyQ's documentation leaves open, each as a named switch of the Target manifest.

Nothing here is a fact about MyQ. Whoever learns the fact from a server sets the switch; the simulator has
switches of the same names.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Assumptions:
    """How the MyQ server at hand is taken to behave where myq.md cannot say."""

    user_name_case_sensitive: bool = True
    """Two users may differ only in the case of their names.

    myq.md section 5: a queue can tell names by case, so MyQ can hold `juliette` and `Juliette` at once;
    that MyQ is case sensitive everywhere is only recalled.
    """

    aliases_ignore_case: bool = True
    """An alias clashes with a name or alias in any case.

    myq.md sections 5 and 7.3: a release note, only recalled, says that aliases ignore case on the print
    server.
    """

    deleted_user_blocks_names: bool = True
    """What a deleted user holds stays taken: its name, aliases, cards and personal number.

    myq.md sections 5 and 10: whether a deleted user still blocks its name, card or PIN is unknown.
    """

    csv_export_has_synchronization_source: bool = False
    """An exported user list carries the users' synchronization source in a column `SYNC_SOURCE`.

    myq.md section 4.2: the columns after `PIN` are not documented.
    """
