"""A plan told as a story: verdict, what stands in the way, changes, what was left alone, proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

from reconciler.core.change import Action, Change, sort_key
from reconciler.core.notice import OF_NOBODY, Kind, Notice
from reconciler.core.outcome import Status
from reconciler.core.plan import Plan, TargetIdentity
from reconciler.core.render.cause import anyway_parts, cause_parts, cause_remark, caused, folded, with_cause
from reconciler.core.render.changes import change_row
from reconciler.core.render.drift_part import drift_parts, drift_remarks, drift_verdict
from reconciler.core.render.guard_parts import guard_parts, passed_parts
from reconciler.core.render.impact_part import impact_parts
from reconciler.core.render.masks import Line, Mask, Outside
from reconciler.core.render.read_part import read_parts
from reconciler.core.render.recorded import recorded_remark
from reconciler.core.render.story import Part, Row, Story
from reconciler.core.render.view import View
from reconciler.core.render.words import ACTIONS, KINDS, STATUSES, counted, listed, phrase

Item = TypeVar("Item")
Told = Callable[[Row, Change], Row]
"""What adds to a row what else there is to say of its change."""

_GRAVEST = (
    Action.DEACTIVATE,
    Action.REKEY,
    Action.REACTIVATE,
    Action.GROUP_MOVE,
    Action.GROUP_CREATE,
    Action.CREATE,
    Action.UPDATE,
)
"""What cannot go unseen is told first, whatever comes first when it is carried out."""

_STILL_WANTED = (
    " The sources still want what is taken back here, and the next plan will say so: take the change of the"
    " manifests back as well, or mend the source."
)
_LEADS = {
    Kind.LEDGER: "Ledger",
    Kind.LOOKALIKE: "Look closely",
    Kind.UNDONE: "Second writers",
    Kind.WAIVER: "Waivers",
}
_TOLD_FIRST = (Kind.WITHHELD, Kind.CONFLICT)
"""Kinds of notices that a reader must know of before the changes: what should have been there, and is not."""

_TALK_OF_PEOPLE = frozenset({Kind.CONFLICT, Kind.OUTRANKED, Kind.LOOKALIKE})
"""Kinds of notices whose messages name other people."""


def plan_story(plan: Plan, digest: str, view: View, mask: Mask) -> Story:
    """Return a plan as its reader is told of it."""
    shown = [change for change in sorted(plan.changes, key=sort_key) if view.shows(change)]
    parts = [*guard_parts(plan, mask), *_unreachable_parts(plan, shown, view, mask)]
    told = None if plan.drift else plan.attribution
    if plan.drift:
        parts += drift_parts(
            plan.drift, plan.attribution, shown, lambda these, row: _change_parts(these, view, mask, row)
        )
    elif told is None or told.problem:
        parts += [*impact_parts(shown), *_change_parts(shown, view, mask)]
    else:
        parts += [
            *cause_parts(told, view, mask),
            *_change_parts(caused(plan, shown), view, mask, partial(with_cause, told=told)),
        ]
        parts += anyway_parts(told, shown, lambda these: _change_parts(these, view, mask))
    parts += [*_notice_parts(plan, view, mask), *passed_parts(plan, mask), *read_parts(plan.evidence, mask)]
    remarks = [] if told is None else [cause_remark(plan, told, mask)]
    remarks += drift_remarks(plan, plan.drift) if plan.drift else ()
    remarks += _remarks(plan, digest, view, len(shown))
    return Story(
        _verdict(plan),
        tuple(remarks),
        tuple(parts if told is None else folded(parts)),
        _next(plan, view),
    )


def server(target: TargetIdentity) -> Line:
    """Return which MyQ server it is about, in words."""
    identity: Line = () if target.identity == target.name else (Outside(target.identity), ", ")
    return (
        "the MyQ server ",
        Outside(target.name),
        " (",
        *identity,
        "release ",
        Outside(target.release),
        ")",
    )


def amounts(changes: Sequence[Change]) -> str:
    """Return what happens to how many: ``create 2 groups, update 1 account``."""
    counts = dict.fromkeys(Action, 0)
    for change in changes:
        counts[change.action] += 1
    return listed(
        [
            f"{ACTIONS[action].verb} {counted(count, ACTIONS[action].noun)}"
            for action, count in counts.items()
            if count
        ]
    )


def _verdict(plan: Plan) -> Line:
    if not plan.changes:
        if plan.stamp.reverts:
            return (
                "Nothing to do: of that apply nothing is left to take back on ",
                *server(plan.target),
                ".",
            )
        if any(notice.kind in _TOLD_FIRST for notice in plan.notices):
            return ("Nothing to do now on ", *server(plan.target), ".")
        return ("Nothing to do: ", *server(plan.target), " holds what the sources say.")
    standing = len({verdict.guard for verdict in plan.tripped})
    way = ""
    if standing:
        way = f" {counted(standing, 'guard')} stand{'s' if standing == 1 else ''} in the way."
    if plan.drift:
        return drift_verdict(plan.drift, plan.changes, server(plan.target), way)
    needed = counted(len(plan.changes), "change")
    if plan.attribution and not plan.attribution.problem:
        these = caused(plan, plan.changes)
        what = f": {amounts(these)}" if these else ""
        said = f"These manifests cause {len(these):,} of {needed} on "
        return (said, *server(plan.target), f"{what}.{way}")
    return (f"{needed} needed on ", *server(plan.target), f": {amounts(plan.changes)}.{way}")


def _remarks(plan: Plan, digest: str, view: View, shown: int) -> Iterator[Line]:
    aside = Counter(notice.kind for notice in plan.notices)
    for kind in _TOLD_FIRST:
        if aside[kind]:
            yield (f"Not in this plan: {phrase(aside[kind], KINDS[kind])}.",)
    if view.narrowed:
        hidden = len(plan.changes) - shown
        yield (f"Only a part is shown: {shown:,} of {len(plan.changes):,} changes; {hidden:,} are hidden.",)
    if plan.changes and not plan.target.writable:
        yield ("The target names no way to write: this plan can be looked at, and not applied.",)
    if plan.stamp.reverts:
        yield ("It takes back the apply that began at ", Outside(plan.stamp.reverts), f".{_STILL_WANTED}")
    if plan.stamp.recorded:
        yield recorded_remark(plan.stamp)
    made: Line = ("Made ", Outside(plan.stamp.created), ", good until ", Outside(plan.stamp.expires))
    commit: Line = (", from commit ", Outside(plan.stamp.commit)) if plan.stamp.commit else ()
    yield (*made, *commit, ". Digest ", Outside(digest), ".")


def _unreachable_parts(plan: Plan, changes: Sequence[Change], view: View, mask: Mask) -> Iterator[Part]:
    these = [change for change in changes if change.id in plan.unreachable] if plan.unreachable else []
    if these:
        title = phrase(len(these), STATUSES[Status.UNREACHABLE])
        rows = _rows(these, view, lambda change: _unreachable_row(change, plan.unreachable[change.id], mask))
        yield Part(title, rows, len(these), "!", 1)


def _unreachable_row(change: Change, why: str, mask: Mask) -> Row:
    told = mask.told(why, change)
    return Row((mask.id(change.id), ": ", Outside(told)) if told else (mask.id(change.id),))


def _change_parts(
    changes: Sequence[Change], view: View, mask: Mask, told: Told = lambda row, _: row
) -> Iterator[Part]:
    for action in _GRAVEST:
        these = [change for change in changes if change.action is action]
        if these:
            words = ACTIONS[action]
            meaning = f" ({words.meaning})" if words.meaning else ""
            title = f"{words.verb.capitalize()} {counted(len(these), words.noun)}{meaning}"
            rows = _rows(these, view, lambda change: told(change_row(change, mask), change))
            yield Part(title, rows, len(these), words.mark, 1 + _GRAVEST.index(action))


def _notice_parts(plan: Plan, view: View, mask: Mask) -> Iterator[Part]:
    told = [notice for notice in sorted(plan.notices) if view.tells(notice)]
    for kind in Kind:
        these = [notice for notice in told if notice.kind is kind]
        if these:
            rows = _rows(these, view, lambda notice: notice_row(notice, mask))
            yield Part(
                f"{_LEADS.get(kind, 'Left alone')}: {phrase(len(these), KINDS[kind])}",
                rows,
                len(these),
                "?",
                9,
            )


def notice_row(notice: Notice, mask: Mask) -> Row:
    """Return one notice as its reader may see it: whom or what it is about stands first."""
    if notice.kind in OF_NOBODY:
        return Row((Outside(notice.name), ": ", Outside(notice.message)))
    if mask.hides_people:
        message = "" if notice.kind in _TALK_OF_PEOPLE else mask.told(notice.message, _about(notice))
        return Row((mask.name(notice.name), ": ", Outside(message)) if message else (mask.name(notice.name),))
    places = [place for place in notice.places if place]
    return Row(
        (mask.name(notice.name), ": ", Outside(notice.message)),
        tuple(("at ", Outside(place)) for place in places),
    )


def _about(notice: Notice) -> Change:
    """Return a change of nothing that carries the name, for what may be said of it."""
    return Change(Action.UPDATE, notice.name)


def _next(plan: Plan, view: View) -> tuple[Row, ...]:
    if len(plan.changes) == len(plan.unreachable) or not plan.target.writable:
        return ()
    file = view.file or "plan.json"
    approval = f"{file.removesuffix('.plan.json').removesuffix('.json')}.approval.json"
    waivers = "".join(
        f' --waive {guard} --reason "why it is meant"'
        for guard in dict.fromkeys(verdict.guard for verdict in plan.tripped)
    )
    of = f" --target {view.target}" if view.target else ""
    made, undo = ("revert RESULT", " --revert RESULT") if plan.stamp.reverts else ("plan", "")
    steps = [] if view.file else [("store the plan:", f"reconciler {made}{of} --out {file}")]
    steps += [
        (
            "if all of it is really meant, approve it and say why:" if waivers else "if it is what you mean:",
            f"reconciler approve {_quoted(file)} --out {_quoted(approval)}{waivers}",
        ),
        ("to leave something out, add", "--except ID or --except ACTION"),
        (
            "then, to carry out what was approved:",
            f"reconciler apply{of}{undo} --approval {_quoted(approval)}",
        ),
    ]
    return tuple(Row((said,), ((Outside(command, whole=True),),)) for said, command in steps)


def _quoted(file: str) -> str:
    return f'"{file}"' if " " in file else file


def _rows(items: Sequence[Item], view: View, row: Callable[[Item], Row]) -> Iterator[Row]:
    return (row(item) for item in islice(items, view.limit))
