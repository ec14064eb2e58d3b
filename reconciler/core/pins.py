"""PINs that change in a source: told by keyed fingerprints, since no PIN is kept and MyQ shows none.

A fingerprint without a secret key would be as good as the PIN, of which there are a million. So there is
none without a key. Under another key all is unknown again, and unknown PINs are remembered, not handed
over: what an account has was set before somebody began to look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reconciler.core.desired import DesiredState
from reconciler.core.history import History, keyed
from reconciler.core.model import Account
from reconciler.core.pairing import Pairing

_KEY_LETTERS = 8


class Handing(NamedTuple):
    """Whose PINs have changed: fingerprints by position in the wanted users, and what is remembered.

    `seen` has, by account, the fingerprints that were not known under the account before.
    """

    changed: Mapping[int, str]
    seen: Mapping[str, str]


NOBODY = Handing({}, {})


def changed_pins(
    desired: DesiredState, accounts: Sequence[Account], pairing: Pairing, history: History | None
) -> Handing:
    """Return the living accounts whose PINs are others in the source than when they were last handed over."""
    if history is None or history.unreadable or not history.pin_key or not desired.pins:
        return NOBODY
    changed: dict[int, str] = {}
    seen: dict[str, str] = {}
    for position, (wanted, at) in enumerate(zip(desired.users, pairing.account_of, strict=True)):
        pins = desired.pins.get(wanted.user.user_name)
        if not pins or at is None or position in pairing.held or not accounts[at].active:
            continue
        account = accounts[at]
        key = account_key(history, account.id, account.user.user_name)
        print_ = fingerprint(history, key, pins)
        known = _is_known(history, key, pins)
        if known is None:
            # It was handed over with a new account, when nobody knew its id.
            known = _is_known(history, account_key(history, "", account.user.user_name), pins)
        if known is False:
            changed[position] = print_
        elif history.fingerprints.get(key) != print_:
            seen[key] = print_
    return Handing(changed, seen)


def account_key(history: History, id_: str, name: str) -> str:
    """Return what stands for an account where its PINs are remembered."""
    return keyed(history.salt, "account/1", history.target, f"id:{id_}" if id_ else f"name:{name}")


def fingerprint(history: History, account: str, pins: Sequence[str]) -> str:
    """Return what tells an account's PINs from others, to those who have the key; it tells the key, too."""
    return f"{_which(history)}:{keyed(history.pin_key, 'pins/1', account, *sorted(pins))}"


def _which(history: History) -> str:
    return keyed(history.pin_key, "pin-key/1")[:_KEY_LETTERS]


def _is_known(history: History, account: str, pins: Sequence[str]) -> bool | None:
    """Return whether these PINs are remembered, None when none are under this key."""
    known = history.fingerprints.get(account, "")
    if not known.startswith(f"{_which(history)}:"):
        return None
    return known == fingerprint(history, account, pins)
