"""Plans and results as people read them: whole, harmless, and without what is not theirs to see."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.core.change import Action, Change, FieldChange, sort_key
from reconciler.core.evidence import Proof, Standing
from reconciler.core.guards import Verdict
from reconciler.core.model import Fact
from reconciler.core.notice import Kind, Notice
from reconciler.core.outcome import Outcome, Result, Status
from reconciler.core.plan import Evidence, Plan, TargetIdentity
from reconciler.core.render import RENDERERS, RESULT_RENDERERS, render_plan, render_result
from reconciler.core.render.markdown import LARGEST
from reconciler.core.render.view import View
from reconciler.planfile import plan_document, write_plan, write_result
from support.canaries import PERSONAL, PUBLIC, canaries
from support.golden import Golden
from support.plans import (
    CHANGES,
    EVIDENCE,
    HOSTILE,
    NOTICES,
    STAMP,
    TARGET,
    VERDICTS,
    a_plan,
    a_result,
    field,
    plans,
    results,
)

GOLDEN = Path(__file__).parent / "golden"
DIGEST = "sha256:" + "d" * 64
ENDINGS = {"text": "txt", "markdown": "md", "json": "json"}
COMMENT = View(key=b"a key of this project", file="plan.json")
EMPTY = Plan(TARGET, STAMP, (), (), (), ())


@pytest.mark.parametrize("form", sorted(RENDERERS))
def test_a_plan_with_one_of_everything(golden: Golden, form: str) -> None:
    golden(GOLDEN / f"plan.{ENDINGS[form]}", render_plan(a_plan(), DIGEST, form, view=COMMENT))


@pytest.mark.parametrize("form", sorted(RESULT_RENDERERS))
def test_a_result_with_every_ending(golden: Golden, form: str) -> None:
    golden(GOLDEN / f"result.{ENDINGS[form]}", render_result(a_result(), form, view=COMMENT))


def test_json_is_the_file_byte_for_byte(tmp_path: Path) -> None:
    digest = write_plan(tmp_path / "plan.json", a_plan())
    assert render_plan(a_plan(), digest, "json").encode() == (tmp_path / "plan.json").read_bytes()
    write_result(tmp_path / "result.json", a_result())
    assert render_result(a_result(), "json").encode() == (tmp_path / "result.json").read_bytes()


@given(plan=plans)
def test_json_of_any_plan_holds_its_document(plan: Plan) -> None:
    document = plan_document(plan)
    printed = render_plan(plan, str(document["digest"]), "json")
    assert json.loads(printed) == json.loads(json.dumps(document))
    assert_harmless(printed)


def assert_harmless(text: str) -> None:
    """A terminal shows every character, and no log takes a line for a command."""
    __tracebackhide__ = True
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", text)
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "##[" not in text
    assert "##vso[" not in text


def skeleton(markdown: str) -> str:
    """Return Markdown with its code spans emptied, found as CommonMark finds them (section 6.1)."""
    kept, at = [], 0
    while at < len(markdown):
        opening = re.compile("`+").search(markdown, at)
        if opening is None:
            break
        closing = re.compile(f"(?<!`){opening.group()}(?!`)").search(markdown, opening.end())
        if closing is None:
            raise AssertionError(f"a code span that does not end: {markdown[opening.start() :]!r}")
        inside = markdown[opening.end() : closing.start()]
        assert "\n" not in inside
        kept += [markdown[at : opening.start()], "<code>"]
        at = closing.end()
    return "".join([*kept, markdown[at:]])


def about(text: str, *, name: str = "", word: str = "") -> Plan:
    """Return a plan that holds a text wherever somebody outside could put it."""
    name, word = name or text, word or text
    changed = tuple(
        Change(
            action,
            name,
            (
                FieldChange(
                    "path" if action in {Action.GROUP_CREATE, Action.GROUP_MOVE} else "userName",
                    "x",
                    name,
                    word,
                ),
                FieldChange("department", text, f"{text}2", word),
                FieldChange("groups", (text,), (f"{text}2",), word),
                FieldChange(text, text, f"{text}2", word),
            ),
            word,
            word,
            word,
            text,
            text,
            (f"update/{text}",),
            1,
        )
        for action in Action
    )
    proofs = tuple(Proof(text, standing, text) for standing in Standing)
    return Plan(
        TargetIdentity(text, f"{text}2", text),
        STAMP,
        (Evidence(text, text, text, 1, (Fact(text, text),), proofs),),
        (
            Verdict("group-members", text, 1, 1, text, tripped=True, message=text),
            Verdict("updates", text, 1, 1, text, tripped=False, message=text),
        ),
        changed,
        tuple(Notice(kind, name, word, (text,)) for kind in Kind),
    )


def result_about(text: str) -> Result:
    """Return a result that holds a text wherever somebody outside could put it."""
    outcomes = tuple(Outcome(change, status, text) for change in about(text).changes for status in Status)
    return Result(
        about(text).target,
        STAMP.created,
        STAMP.expires,
        text,
        (text,),
        outcomes,
        (f"update/{text}",),
        (text,),
    )


hostile = (
    st.sampled_from(HOSTILE)
    | st.text(min_size=1, max_size=20)
    | st.text("`*_[]<>|@\\#:\n ", min_size=1, max_size=9)
)


@given(text=hostile)
def test_no_text_from_outside_leaves_its_code_span_in_markdown(text: str) -> None:
    for one, other in (
        (about(text), about("harmless")),
        (about("x", name=text, word="why"), about("x", name="somebody", word="why")),
        (about("x", name="somebody", word=f"{text}2"), about("x", name="somebody", word="harmless")),
    ):
        shown = render_plan(one, DIGEST, "markdown", view=COMMENT)
        assert_harmless(shown)
        expected = render_plan(other, DIGEST, "markdown", view=COMMENT)
        assert _without_reasons(skeleton(shown)) == _without_reasons(skeleton(expected))
    shown = render_result(result_about(text), "markdown", view=COMMENT)
    assert_harmless(shown)
    assert skeleton(shown) == skeleton(render_result(result_about("harmless"), "markdown", view=COMMENT))


def _without_reasons(markdown: str) -> str:
    """A reason that mentions the person is left out, so its place may be empty."""
    return re.sub("^- <code>: <code>$", "- <code>", markdown, flags=re.MULTILINE)


@given(text=hostile)
def test_no_text_from_outside_moves_a_line_or_a_colour_in_text(text: str) -> None:
    shown = render_plan(about(text), DIGEST, "text")
    assert_harmless(shown)
    assert len(shown.splitlines()) == len(render_plan(about("harmless"), DIGEST, "text").splitlines())
    shown = render_result(result_about(text), "text")
    assert_harmless(shown)
    assert len(shown.splitlines()) == len(render_result(result_about("harmless"), "text").splitlines())


@given(plan=plans, result=results)
def test_any_plan_and_any_result_can_be_shown(plan: Plan, result: Result) -> None:
    for view in (View(), COMMENT, View(limit=1)):
        assert_harmless(render_plan(plan, DIGEST, "text", view=view))
        assert_harmless(render_plan(plan, DIGEST, "markdown", view=view))
        assert_harmless(render_result(result, "text", view=view))
        assert_harmless(render_result(result, "markdown", view=view))


@pytest.mark.parametrize("key", [b"", b"key"], ids=["without-a-key", "with-a-key"])
def test_a_comment_tells_nothing_of_a_person(key: bytes) -> None:
    plan = canaries()
    outcomes = tuple(
        Outcome(change, status, "the-name: old-cards") for change in plan.changes for status in Status
    )
    ids = ("update/the-name",)
    result = Result(TARGET, STAMP.created, STAMP.expires, "0.1", ("jane",), outcomes, ids, ids)
    view = View(key=key)
    shown = render_plan(plan, DIGEST, "markdown", view=view) + render_result(result, "markdown", view=view)
    assert [name for name in PERSONAL if f"old-{name}" in shown or f"new-{name}" in shown] == []
    assert "the-name" not in shown
    assert [name for name in PUBLIC if f"old-{name}" not in shown or f"new-{name}" not in shown] == []
    assert "`fullName`: `*** (before)` -> `*** (after)`" in shown


def test_text_shows_people_and_never_what_opens_a_door() -> None:
    plan = canaries()
    shown = render_plan(plan, DIGEST, "text")
    secret = {"cards", "personalNumber", "pins"}
    told = {name for name in (*PERSONAL, *PUBLIC) if f"new-{name}" in shown}
    assert told == {*PERSONAL, *PUBLIC} - secret
    assert "cards: *** (before) -> *** (after)" in shown
    outcome = Outcome(
        plan.changes[0], Status.FAILED, "MyQ says: new-cards is taken, and NEW-PERSONALNUMBER too"
    )
    failed = render_result(Result(TARGET, STAMP.created, STAMP.expires, "0.1", (), (outcome,)), "text")
    assert "rekey/the-name: MyQ says: *** is taken, and *** too" in failed


def test_a_comment_on_ten_thousand_changes_stays_within_the_limit_and_shows_what_is_grave() -> None:
    updates = [
        Change(Action.UPDATE, f"user{number}", (field("fullName", "a", "b", 9),), "people says otherwise")
        for number in range(10_000)
    ]
    gone = [Change(Action.DEACTIVATE, f"gone{number}", (), "no longer in people") for number in range(30)]
    plan = Plan(TARGET, STAMP, EVIDENCE, VERDICTS, tuple(sorted([*updates, *gone], key=sort_key)), NOTICES)
    shown = render_plan(plan, DIGEST, "markdown", view=COMMENT)
    assert LARGEST - 2_000 < len(shown) < LARGEST
    assert len(re.findall("^- `deactivate/", shown, re.MULTILINE)) == 30
    listed = len(re.findall("^- `update/", shown, re.MULTILINE))
    assert listed > 100
    assert f"- ... and {10_000 - listed:,} more, in the full plan" in shown
    assert shown.rstrip().endswith("`reconciler apply --approval plan.approval.json`")
    assert skeleton(shown)


def test_a_comment_with_one_endless_row_still_ends() -> None:
    groups = tuple(f"{number} {'g' * 250}" for number in range(5_000))
    plan = Plan(TARGET, STAMP, (), (), (Change(Action.UPDATE, "ada", (field("groups", (), groups),)),), ())
    shown = render_plan(plan, DIGEST, "markdown", view=COMMENT)
    assert len(shown) < 10_000
    assert ", and 4,980 more" in shown
    assert f"{'g' * 198}... (252 characters)" in shown


VERDICTS_IN_WORDS = [
    pytest.param(EMPTY, "Nothing to do: the MyQ server print-1", id="nothing-to-do"),
    pytest.param(
        Plan(TARGET, STAMP, (), (), CHANGES[:1], ()),
        "1 change needed on the MyQ server print-1 (https://print.example.org, release 10.2): create 1 g",
        id="one-change",
    ),
    pytest.param(
        Plan(TARGET, STAMP, (), VERDICTS[:1], CHANGES[-2:], ()),
        "deactivate 2 accounts. 1 guard stands in the way.",
        id="a-guard",
    ),
    pytest.param(
        Plan(TargetIdentity("p", "p", "10.1"), STAMP, (), VERDICTS, CHANGES[-2:], ()),
        "needed on the MyQ server p (release 10.1): deactivate 2 accounts. 3 guards stand in the way.",
        id="three-guards",
    ),
]


@pytest.mark.parametrize(("plan", "told"), VERDICTS_IN_WORDS)
def test_the_first_line_says_it_all(plan: Plan, told: str) -> None:
    assert told in render_plan(plan, DIGEST, "text").splitlines()[0]


def test_nothing_to_do_asks_for_nothing() -> None:
    assert "Next" not in render_plan(EMPTY, DIGEST, "text")


def test_a_target_that_cannot_be_written_is_only_looked_at() -> None:
    plan = Plan(TargetIdentity("p", "p", "10.1", writable=False), STAMP, (), (), CHANGES, ())
    shown = render_plan(plan, DIGEST, "text")
    assert "The target names no way to write: this plan can be looked at, and not applied." in shown
    assert "Next" not in shown


NEXT_STEPS = [
    pytest.param(
        "", ["reconciler plan --out plan.json", "reconciler approve plan.json"], id="not-stored-yet"
    ),
    pytest.param("p/x.plan.json", ["reconciler apply --approval p/x.approval.json"], id="stored"),
    pytest.param(
        "my plan.json", ['approve "my plan.json"', '--approval "my plan.approval.json"'], id="a-space"
    ),
    pytest.param("p.json", ["--waive removals --reason", "--waive identities-moved --reason"], id="waivers"),
]


@pytest.mark.parametrize(("file", "commands"), NEXT_STEPS)
def test_the_next_commands_can_be_copied(file: str, commands: list[str]) -> None:
    shown = render_plan(a_plan(), DIGEST, "text", view=View(file=file))
    assert [command for command in commands if command not in shown] == []


FILTERS = [
    pytest.param(View(sources=frozenset({"guests"})), {"deactivate/zoë"}, id="a-source"),
    pytest.param(View(users=frozenset({"carola"})), {"rekey/carol"}, id="a-user-by-the-new-name"),
    pytest.param(View(users=frozenset({"carol", "ada"})), {"rekey/carol", "deactivate/ada"}, id="two-users"),
    pytest.param(
        View(groups=frozenset({"Old"})), {"group-move/Old/Lab", "update/bob"}, id="a-group-and-below"
    ),
    pytest.param(
        View(actions=frozenset({"deactivate"}), sources=frozenset({"people"})),
        {"deactivate/ada"},
        id="two-filters",
    ),
    pytest.param(View(users=frozenset({"nobody"})), set(), id="nobody"),
]


@pytest.mark.parametrize(("view", "ids"), FILTERS)
def test_filters_narrow_what_is_shown_and_say_how_much_is_hidden(view: View, ids: set[str]) -> None:
    plan = a_plan()
    hidden = len(plan.changes) - len(ids)
    text = render_plan(plan, DIGEST, "text", view=view)
    assert set(re.findall(r"^  [-+~>] (\S+?)(?::|$)", text, re.MULTILINE)) == ids
    assert f"{len(ids)} of {len(plan.changes)} changes; {hidden} are hidden" in text
    document = json.loads(render_plan(plan, DIGEST, "json", view=view))
    assert {change["id"] for change in document["changes"]} == ids
    assert document["hidden"] == hidden
    assert document["digest"] == DIGEST
    assert sum(document["summary"].values()) == len(plan.changes)


def test_a_choice_of_users_narrows_the_notices_too() -> None:
    shown = render_plan(a_plan(), DIGEST, "text", view=View(users=frozenset({"lea"})))
    assert "lea: no longer in people" in shown
    assert "max: the same cards" not in shown


def test_a_limit_holds_for_each_action_and_says_what_is_left_out() -> None:
    shown = render_plan(a_plan(), DIGEST, "text", view=View(limit=1))
    assert len(re.findall("^  ~ update/", shown, re.MULTILINE)) == 1
    assert f"  ... and {len(HOSTILE)} more" in shown


def test_colour_is_only_what_was_asked_for() -> None:
    plain = render_plan(a_plan(), DIGEST, "text")
    coloured = render_plan(a_plan(), DIGEST, "text", view=View(color=True))
    assert "\x1b" not in plain
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == plain
    assert "\x1b[31m- Deactivate 2 accounts" in coloured


def test_a_deactivation_says_what_it_means_and_which_groups_are_left() -> None:
    shown = render_plan(a_plan(), DIGEST, "text")
    assert "MyQ marks it deleted and takes it out of all its groups; it can be undeleted" in shown
    assert "      leaves all its groups: Staff, Staff|Sales\n" in shown


RESULTS_IN_WORDS = [
    pytest.param((), None, "nothing was written.", "MyQ was not read afterwards", id="nobody-could-look"),
    pytest.param(
        (Status.APPLIED,), (), "1 change applied (create 1 group).", "found nothing left to do", id="done"
    ),
    pytest.param(
        (Status.FAILED,),
        ("update/x",),
        "Not all that was approved could be done.",
        "1 change is still needed",
        id="not-all",
    ),
]


@pytest.mark.parametrize(("statuses", "remaining", "first", "told"), RESULTS_IN_WORDS)
def test_a_result_says_what_was_done_and_what_is_left(
    statuses: tuple[Status, ...], remaining: tuple[str, ...] | None, first: str, told: str
) -> None:
    outcomes = tuple(Outcome(CHANGES[0], status) for status in statuses)
    result = Result(TARGET, STAMP.created, STAMP.expires, "0.1", (), outcomes, (), remaining)
    shown = render_result(result, "text")
    assert first in shown.splitlines()[0]
    assert told in shown


UNREACHABLE = Plan(
    TARGET,
    STAMP,
    (),
    (),
    (
        Change(Action.UPDATE, "ada", (field("notes", "", "x"),), account_id="1"),
        Change(Action.UPDATE, "bob", (field("email", "", "b@x"),), account_id="2"),
    ),
    (),
    unreachable={"update/ada": "no column holds notes"},
)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        pytest.param("text", "! 1 change is needed, and cannot be applied through this target", id="title"),
        pytest.param("text", "update/ada: no column holds notes", id="why"),
        pytest.param("markdown", "update/user:1: no column holds notes", id="why-and-nobodys-name"),
    ],
)
def test_what_cannot_be_applied_is_told_in_front(form: str, told: str) -> None:
    shown = render_plan(UNREACHABLE, DIGEST, form)
    assert told in shown.replace("`", "").replace("<code>", "").replace("</code>", "")
    assert shown.index("cannot be applied") < shown.rindex("pdate 2 accounts")


def test_why_it_cannot_be_applied_names_nobody_where_people_are_masked() -> None:
    gossip = replace(UNREACHABLE, unreachable={"update/ada": "ada has a comma in an alias"})
    assert "comma" not in render_plan(gossip, DIGEST, "markdown")
    assert "comma" in render_plan(gossip, DIGEST, "text")


def test_where_nothing_can_be_applied_nothing_is_proposed() -> None:
    nothing = replace(UNREACHABLE, unreachable=dict.fromkeys(("update/ada", "update/bob"), "no"))
    assert "reconciler approve" in render_plan(UNREACHABLE, DIGEST, "text")
    assert "reconciler approve" not in render_plan(nothing, DIGEST, "text")


def test_a_guard_that_lets_it_pass_is_told_once_for_the_whole_server_or_for_what_counts_most() -> None:
    found = (
        ("updates", "people", 4, "4 of 20 accounts"),
        ("updates", "", 5, "5 of 40 accounts"),
        ("updates", "guests", 1, "1 of 20 accounts"),
        ("group-members", "A", 1, "A loses 1 of 9 members"),
        ("group-members", "B", 3, "B loses 3 of 9 members"),
        ("rekeys", "", 0, "0 of 40 accounts"),
    )
    verdicts = tuple(
        Verdict(guard, scope, count, 40, "30 %", tripped=False, message=message)
        for guard, scope, count, message in found
    )
    told = render_plan(replace(EMPTY, verdicts=verdicts), DIGEST, "text")
    _, _, passed = told.partition("Guards that let it pass\n")
    assert passed.splitlines() == ["  updates: 5 of 40 accounts", "  group-members: B loses 3 of 9 members"]


@pytest.mark.parametrize("kind", [Kind.WITHHELD, Kind.CONFLICT])
def test_a_plan_without_changes_says_what_is_held_back_before_all_else(kind: Kind) -> None:
    plan = replace(EMPTY, notices=(Notice(kind, "ada", "not now"),))
    verdict, remark, *_ = render_plan(plan, DIGEST, "text").splitlines()
    assert verdict.startswith("Nothing to do now on the MyQ server ")
    assert remark.startswith("Not in this plan: 1 ")
