"""The parts of the page that need no script: guards, manifest lines, what was left, proof, next steps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from reconciler.core.change import Action
from reconciler.core.evidence import Proof, Standing
from reconciler.core.guards import Verdict
from reconciler.core.guards.question import counted_of
from reconciler.core.notice import Kind
from reconciler.core.plan import Evidence, Plan
from reconciler.core.render.guard_parts import waived_line
from reconciler.core.render.impact import Decision, Impact
from reconciler.core.render.masks import Line, Mask
from reconciler.core.render.plan_story import notice_row
from reconciler.core.render.story import Part, Row
from reconciler.core.render.view import View
from reconciler.core.render.words import ACTIONS, KINDS, STANDINGS, counted, phrase
from reconciler.report.markup import Html, joined, lines, plain, shown, tag, told

_LINES = 50
_NOTICES = 200


def guards(verdicts: Sequence[Verdict], mask: Mask) -> Html:
    """Return what every guard found: those in the way, those that counted something, and the rest folded."""
    if not verdicts:
        return tag("p", "No guard was asked.", class_="quiet")
    told_of = [one for one in verdicts if one.tripped or one.count]
    silent = [one for one in verdicts if not one.tripped and not one.count]
    found = _guard_table("What the guards found", told_of, mask) if told_of else ""
    rest = ""
    if silent:
        rest = tag(
            "details",
            tag("summary", f"{counted(len(silent), 'guard')} found nothing at all"),
            _guard_table("Guards that found nothing", silent, mask),
        )
    return lines(found, rest)


def _guard_table(title: str, verdicts: Sequence[Verdict], mask: Mask) -> Html:
    head = ("Guard", "Where", "Found", "Limit", "In words")
    rows = [
        tag(
            "tr",
            tag("th", _light(one), tag("code", shown(one.guard)), scope="row"),
            tag("td", shown(one.scope) if one.scope else "everywhere", data_label=head[1]),
            tag("td", one.amount, class_="number", data_label=head[2]),
            tag("td", shown(one.limit), class_="number", data_label=head[3]),
            tag("td", _in_words(one, mask), data_label=head[4]),
            class_="stands" if one.tripped else "passes",
        )
        for one in verdicts
    ]
    return _table(title, head, rows)


def _light(verdict: Verdict) -> Html:
    if verdict.tripped:
        return tag("span", "stands in the way", class_="pill bad")
    if verdict.waived:
        return tag("span", "waived", class_="pill bad")
    return tag("span", "lets it pass", class_="pill good")


def _message(verdict: Verdict, mask: Mask) -> str:
    """Return a guard's own words, where the reader may see them and they say more than the numbers do."""
    numbers = f"{counted_of(verdict.count, verdict.population, 'accounts')}, and the limit is {verdict.limit}"
    return "" if mask.hides_people or verdict.message == numbers else shown(verdict.message)


def _in_words(verdict: Verdict, mask: Mask) -> str:
    said = _message(verdict, mask)
    if not verdict.waived:
        return said
    return joined([tag("p", said) if said else "", tag("p", told(waived_line(verdict.waived, mask)))])


def manifest_lines(decided: Sequence[Decision], found: Sequence[Impact], causes: Sequence[Part]) -> Html:
    """Return what each manifest line does to how many; what a change of the manifests causes is first."""
    table = (
        _line_table(decided, found)
        if decided or found
        else tag("p", "No line asks for anything.", class_="quiet")
    )
    if not causes:
        return table
    return lines(*map(_part, causes), tag("details", tag("summary", "What all lines do"), table))


def _part(part: Part) -> Html:
    items = [
        tag("li", told(row.head), *(joined([tag("br"), told(line)]) for line in row.below))
        for row in part.rows
    ]
    if len(items) < part.total:
        items.append(tag("li", f"... and {part.total - len(items):,} more", class_="quiet"))
    return tag("div", tag("h3", part.title), tag("ul", lines(*items), class_="rows"), class_="card part")


def _line_table(decided: Sequence[Decision], found: Sequence[Impact]) -> Html:
    """Return a table of lines; the button filters the list of changes."""
    head = ("Manifest line", "Does", "Existing", "New", "")
    rows = [_decided(one, head) for one in decided[:_LINES]]
    rows += [
        tag(
            "tr",
            tag("th", tag("code", shown(one.rule)), scope="row"),
            tag("td", "sets ", tag("strong", shown(one.field)), data_label=head[1]),
            tag("td", f"{one.changed:,}", class_="number", data_label=head[2]),
            tag("td", f"{one.new:,}", class_="number", data_label=head[3]),
            tag("td", _picker(one), class_="needs-script"),
        )
        for one in found[:_LINES]
    ]
    more = ""
    if len(found) > _LINES:
        more = tag("p", f"... and {len(found) - _LINES:,} more, each with fewer changes.", class_="quiet")
    return lines(_table("What each manifest line does", head, rows), more)


def _decided(one: Decision, head: Sequence[str]) -> Html:
    words = ACTIONS[one.action]
    new = one.action is Action.CREATE
    counts = ("", f"{one.times:,}") if new else (f"{one.times:,}", "")
    about = tag("span", f" what would {words.verb} {words.noun}", class_="hidden")
    button = tag("button", "Show", about, type="button", class_="small", data_action=one.action.value)
    return tag(
        "tr",
        tag("th", tag("code", shown(one.rule)), scope="row"),
        tag(
            "td",
            tag("span", f"{words.mark} {words.verb} {words.noun}", class_=f"kind {one.action}"),
            data_label=head[1],
        ),
        *(
            tag("td", count, class_="number", data_label=label)
            for count, label in zip(counts, head[2:], strict=False)
        ),
        tag("td", button, class_="needs-script"),
    )


def _picker(one: Impact) -> Html:
    about = tag("span", f" changes by {shown(one.rule)} of {shown(one.field)}", class_="hidden")
    return tag(
        "button",
        "Show",
        about,
        type="button",
        class_="small",
        data_rule=shown(one.rule),
        data_field=shown(one.field),
    )


def notices(plan: Plan, view: View, mask: Mask) -> Html:
    """Return who and what was left alone, and why: one fold for each kind."""
    told_of = [notice for notice in sorted(plan.notices) if view.tells(notice)]
    folds = []
    for kind in Kind:
        these = [notice for notice in told_of if notice.kind is kind]
        if these:
            rest = len(these) - _NOTICES
            rows = [_item(notice_row(notice, mask)) for notice in islice(these, _NOTICES)]
            if rest > 0:
                rows.append(tag("li", f"... and {rest:,} more, in the plan's file"))
            summary = tag("summary", phrase(len(these), KINDS[kind]))
            folds.append(tag("details", summary, tag("ul", lines(*rows), class_="rows"), open=rest < 0))
    return lines(*folds) if folds else tag("p", "Nothing and nobody was left alone.", class_="quiet")


def reads(evidence: Sequence[Evidence], mask: Mask) -> Html:
    """Return why each source's read is believed."""
    cards = [_read(one, mask) for one in sorted(evidence, key=lambda one: one.source)]
    return (
        tag("div", lines(*cards), class_="reads")
        if cards
        else tag("p", "No source was read.", class_="quiet")
    )


def _read(one: Evidence, mask: Mask) -> Html:
    facts = [] if mask.hides_people else [(shown(fact.name), shown(fact.value)) for fact in one.facts]
    pairs = [("type", shown(one.kind)), ("synchronization source", shown(one.synchronization_source)), *facts]
    return tag(
        "section",
        tag("h3", shown(one.source)),
        tag(
            "p",
            tag("strong", counted(one.records, "record")),
            ", ",
            tag("span", "read to the end", class_="pill good"),
        ),
        pairs_of(pairs),
        _proofs(one.proofs, mask),
        class_="card",
        aria_label=f"Source {shown(one.source)}",
    )


def _proofs(proofs: Sequence[Proof], mask: Mask) -> Html:
    """Return what shows, or does not show, that a read holds everybody."""
    if not proofs:
        return Html()
    items = [
        tag(
            "li",
            tag("span", proof.standing.value, class_=f"pill {_STANDINGS.get(proof.standing, '')}".strip()),
            " ",
            tag("strong", shown(proof.name)),
            "" if mask.hides_people else f": {shown(proof.detail)}",
            tag("span", STANDINGS[proof.standing], class_="place") if proof.standing in STANDINGS else "",
        )
        for proof in proofs
    ]
    return tag("ul", *items, class_="proofs", aria_label="Proofs that these are all")


_STANDINGS = {Standing.PROVEN: "good", Standing.DOUBTFUL: "bad"}


def pairs_of(pairs: Sequence[tuple[str, str]]) -> Html:
    """Return names and values as a list of terms."""
    return tag("dl", joined([tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs]))


def next_steps(steps: Sequence[Row]) -> Html:
    """Return what to do with the plan, as commands to copy."""
    items = [tag("li", tag("p", told(step.head)), *(_command(line) for line in step.below)) for step in steps]
    return tag("ol", lines(*items), class_="steps")


def _command(line: Line) -> Html:
    text = plain(line)
    copy = tag("button", "Copy", tag("span", f" {text}", class_="hidden"), type="button", class_="small copy")
    return tag("div", tag("pre", tag("code", text)), copy, class_="command")


def _item(row: Row) -> Html:
    """Return one notice: whom it is about, what is told, and where that was found."""
    name, *message = row.head
    places = [tag("span", told(line), class_="place") for line in row.below]
    return tag("li", tag("strong", plain((name,))), plain(tuple(message)), *places)


def _table(title: str, head: Sequence[str], rows: Sequence[Html]) -> Html:
    cells = [
        tag("th", one, scope="col", class_="number" if one in _NUMBERS else False)
        if one
        else tag("td", class_="needs-script")
        for one in head
    ]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", title, class_="hidden"),
            tag("thead", tag("tr", *cells)),
            tag("tbody", lines(*rows)),
        ),
        class_="scrolls",
        tabindex=0,
        role="group",
        aria_label=title,
    )


_NUMBERS = frozenset({"Found", "Limit", "Existing", "New"})
