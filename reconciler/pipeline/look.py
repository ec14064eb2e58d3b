"""One person, closely: what the sources spell, what is wanted of it, what MyQ has."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.core.change import Action
from reconciler.core.explain import what_differs
from reconciler.core.model import Property, User
from reconciler.core.render.harmless import visible
from reconciler.pipeline.plan import Planned


def look_at(planned: Planned, name: str) -> Iterator[str]:
    """Yield lines that show a person to people; the name must have been watched by the run."""
    wanted = next((one for one in planned.desired.users if one.user.user_name == name), None)
    account = _account(planned, name)
    yield f"Closely: {visible(name)}"
    if wanted is None:
        yield "  no source has this user name" + ("" if account else ", and neither has MyQ")
        return
    spelled = planned.spelled.get(name, {})
    for source, record in sorted(spelled.items()):
        yield f"  {source} ({visible(wanted.origin)})" if source == wanted.owned.rules.name else f"  {source}"
        yield from (f"    {line}" for line in what_differs(wanted.user, record, account))


def _account(planned: Planned, name: str) -> User | None:
    """Return the account that has the name, or has it once its renaming is done."""
    former = next(
        (
            change.name
            for change in planned.plan.changes
            if change.action is Action.REKEY
            and (field := change.field(Property.USER_NAME.value))
            and field.after == name
        ),
        name,
    )
    users = (account.user for account in planned.actual.accounts)
    return next((user for user in users if user.user_name == former), None)
