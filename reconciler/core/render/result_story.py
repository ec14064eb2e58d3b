"""A result told as a story: what was done, what was not and why, what is still needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.core.change import sort_key
from reconciler.core.outcome import HandOver, Outcome, Result, Status
from reconciler.core.render.guard_parts import waived_line
from reconciler.core.render.masks import Line, Mask, Outside
from reconciler.core.render.plan_story import amounts, server
from reconciler.core.render.story import Part, Row, Story
from reconciler.core.render.words import ACTIONS, STATUSES, counted, listed, phrase
from reconciler.core.waiver import Pass

_WEIGHTS = {
    Status.APPLIED: 4,
    Status.HANDED_OVER: 4,
    Status.FAILED: 1,
    Status.STALE: 2,
    Status.BLOCKED: 3,
    Status.NOT_BEGUN: 5,
    Status.UNAPPROVED: 6,
    Status.UNNEEDED: 7,
    Status.UNREACHABLE: 6,
}
"""In the order in which they are told; the lighter, the sooner there is room for them."""

_HELD_BACK = (
    "approved removal is held back, as it lacks proof or grace is not over",
    "approved removals are held back, as they lack proof or grace is not over",
)

_NOT_DONE = frozenset({Status.FAILED, Status.STALE, Status.BLOCKED, Status.NOT_BEGUN})


def result_story(result: Result, mask: Mask) -> Story:
    """Return a result as its reader is told of it."""
    return Story(_verdict(result), tuple(_remarks(result)), tuple(_parts(result, mask)))


def _verdict(result: Result) -> Line:
    applied = [outcome.change for outcome in result.outcomes if outcome.status is Status.APPLIED]
    handed = [outcome.change for outcome in result.outcomes if outcome.status is Status.HANDED_OVER]
    told = [f"{counted(len(applied), 'change')} applied ({amounts(applied)})"] if applied else []
    if handed:
        told.append(f"{counted(len(handed), 'change')} handed over, to be imported ({amounts(handed)})")
    done = listed(told) or "nothing was written"
    whole = "." if result.complete else ". Not all that was approved could be done."
    return ("On ", *server(result.target), f": {done}{whole}")


def _remarks(result: Result) -> Iterator[Line]:
    yield ("Started ", Outside(result.started), ", finished ", Outside(result.finished), ".")
    if result.approved_by:
        names: list[Line] = [(", ", Outside(name)) for name in sorted(result.approved_by)]
        yield ("Approved by ", *[piece for name in names for piece in name][1:], ".")
    if result.remaining is None:
        yield ("MyQ was not read afterwards, so nobody looked whether it is as wanted.",)
    elif not result.remaining:
        yield ("A fresh look at MyQ found nothing left to do.",)


def _parts(result: Result, mask: Mask) -> Iterator[Part]:
    ordered = sorted(result.outcomes, key=lambda outcome: sort_key(outcome.change))
    for status, weight in _WEIGHTS.items():
        rows = [_row(outcome, mask) for outcome in ordered if outcome.status is status]
        if status is Status.UNNEEDED:
            rows += _id_rows(result.unneeded, mask)
        if rows:
            mark = "!" if status in _NOT_DONE else ""
            yield Part(phrase(len(rows), STATUSES[status]), rows, len(rows), mark, weight)
    if result.held_back:
        kept = [Row((mask.id(one.id), ": ", Outside(one.why))) for one in sorted(result.held_back)]
        yield Part(phrase(len(kept), _HELD_BACK), kept, len(kept), "?", 2)
    if result.waived:
        passed = [_pass_row(one, mask) for one in sorted(result.waived)]
        title = phrase(len(passed), ("guard was waived", "guards were waived"))
        yield Part(title, passed, len(passed), "!", 3)
    if result.hand_overs:
        files = [_file_row(one) for one in sorted(result.hand_overs)]
        title = phrase(len(files), ("file is", "files are"))
        yield Part(f"{title} to be imported in MyQ, with exactly these settings", files, len(files), "!")
    remaining = _id_rows(result.remaining or (), mask)
    if remaining:
        title = phrase(len(remaining), ("change is still needed", "changes are still needed"))
        yield Part(title, remaining, len(remaining), weight=8)


def _id_rows(ids: Iterable[str], mask: Mask) -> list[Row]:
    return [Row((mask.id(id_),)) for id_ in sorted(ids)]


def _file_row(one: HandOver) -> Row:
    """Return one file to import, and MyQ's settings for it."""
    head: Line = (Outside(one.file, whole=True), f": {counted(one.users, 'user')}; in words in ")
    return Row(
        (*head, Outside(one.settings_file, whole=True)),
        tuple((Outside(name), ": ", Outside(value, whole=True)) for name, value in one.settings if value),
    )


def _row(outcome: Outcome, mask: Mask) -> Row:
    """Return one change and how it ended. MyQ's own words may name people, so not everybody sees them."""
    detail = "" if mask.hides_people else mask.told(outcome.detail, outcome.change)
    id_ = mask.id(outcome.change.id)
    head: Line = (id_, ": ", Outside(detail)) if detail else (id_,)
    return Row(head, mark=ACTIONS[outcome.change.action].mark)


def _pass_row(passed: Pass, mask: Mask) -> Row:
    scope: Line = (" (", Outside(passed.scope), ")") if passed.scope else ()
    found = f" had found {passed.found:,}; "
    return Row((Outside(passed.guard), *scope, found, *waived_line(passed.waived, mask)))
