"""What MyQ's documentation leaves open, each as a named switch of the Target manifest.

Nothing here is a fact about MyQ. Whoever learns the fact from a server sets the switch; the simulator has
switches of the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Returning: TypeAlias = Literal["unknown", "undelete", "recreate", "refuse"]
"""What an import makes of a user name that a deleted user bears."""


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

    csv_empty_field_clears: bool = True
    """An empty cell of an imported file clears an e-mail, number, storage or the aliases.

    myq.md section 4.1 knows of modes for cards, PINs and groups only. Where it is off, nothing of the
    others can be cleared by an import.
    """

    default_group_from_first_branch: bool = False
    """The first branch of an imported GROUPS cell becomes the user's default group.

    myq.md section 4.2: which entry becomes the default group is unknown. Where it is off, no default
    group can be set by an import.
    """

    csv_import_takes_phone_and_language: bool = False
    """An imported file may have the columns PHONE and LANG, from 10.2 on.

    myq.md section 4.2: the columns after `PIN` are only recalled.
    """

    csv_pairing_by_number_renames: bool = False
    """An import that pairs by the personal number gives the account the user name of its row.

    myq.md section 2.3: the number is then the key; what becomes of the name is not told.
    """

    returning_user: Returning = "unknown"
    """What an import makes of the user name of a deleted user.

    myq.md sections 5, 9 and 10: whether a returning user is undeleted or created anew is unknown.
    """
