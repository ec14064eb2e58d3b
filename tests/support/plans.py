"""Plans, approvals and results: one of everything, and any that Hypothesis can think of."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from reconciler.core.approval import Approval
from reconciler.core.attribution import Attribution, Impact, impact_key
from reconciler.core.census import GroupCount
from reconciler.core.change import Action, Change, FieldChange, sort_key
from reconciler.core.evidence import Proof, Standing
from reconciler.core.guards import NAMES, Verdict
from reconciler.core.model import Fact
from reconciler.core.notice import Kind, Notice
from reconciler.core.outcome import HandOver, HeldBack, Outcome, Result, Status
from reconciler.core.plan import Evidence, Plan, Stamp, TargetIdentity
from reconciler.core.waiver import Pass, Waived

TARGET = TargetIdentity("print-1", "https://print.example.org", "10.2")
STAMP = Stamp("2026-01-05T06:00:00Z", "2026-01-06T06:00:00Z", "0.1.0", "sha256:" + "5" * 64, "9f2c1ab")
RULES = "sources.d/people.yaml"

HOSTILE = (
    "\x1b[31mred\x1b]8;;http://evil.example\x07",
    "ad\u200ba",
    "\u202egpj.exe",
    "@everyone <img src=x onerror=alert(1)>",
    "`code` **bold** [link](https://evil.example) ![](x)",
    "a | b | c",
    "line one\n::error file=x::line two\r\n## heading",
    "##vso[task.setvariable variable=x]y",
    "::set-output name=x::y",
    "=HYPERLINK(1)",
    "``` fence",
    "\ufeff\u3164\u2800 ",
    "<!-- hidden",
    "&lt;b&gt;",
)
"""Names that would do harm where they are shown unaltered."""


def field(
    name: str, before: str | tuple[str, ...], after: str | tuple[str, ...], line: int = 0
) -> FieldChange:
    """Return what becomes of a field, asked for in a line of the people's manifest."""
    return FieldChange(name, before, after, f"{RULES}:{line}:5" if line else "")


APPROVAL = Approval(
    target="https://print.example.org",
    plan="sha256:" + "1" * 64,
    effects={"b" * 64: "update/ada", "a" * 64: "create/eve"},
    approved_by="jane@example.org",
    approved_at="2026-01-05T06:30:00Z",
    expires="2026-01-08T06:30:00Z",
    waived={"removals": "the guests' summer school is over"},
    waived_up_to={"removals": {"": 12, "guests": 9}},
)

CHANGES = (
    Change(Action.GROUP_CREATE, "Staff", (field("path", "", "Staff"),), "it holds Staff|Sales"),
    Change(
        Action.GROUP_CREATE,
        "Staff|Sales",
        (field("path", "", "Staff|Sales"),),
        "users of people join it",
        source="people",
        needs=("group-create/Staff",),
    ),
    Change(
        Action.GROUP_MOVE,
        "Old|Lab",
        (FieldChange("path", "Old|Lab", "New|Lab", "sources.d/tree.yaml:7:3"),),
        "the group tree has it at New|Lab (sources.d/tree.yaml:7:3)",
    ),
    Change(
        Action.REKEY,
        "carol",
        (field("userName", "carol", "carola", 8),),
        f"renamed in people ({RULES}:1:1)",
        "people.csv:4",
        "people",
        "6",
        "People",
    ),
    Change(
        Action.CREATE,
        "eve",
        (
            field("userName", "", "eve", 8),
            field("fullName", "", "Eve Ødegård", 9),
            field("cards", (), ("04AF12C3",), 10),
            field("groups", (), ("Staff|Sales",), 14),
            field("synchronizationSource", "", "People"),
        ),
        f"in people, not in MyQ ({RULES}:1:1)",
        "people.csv:7",
        "people",
        needs=("group-create/Staff/Sales",),
        pins=1,
    ),
    Change(
        Action.REACTIVATE,
        "dan",
        (field("groups", (), ("Staff|Lab", "Staff|Sales"), 14),),
        f"back in people ({RULES}:1:1)",
        "people.csv:8",
        "people",
        "8",
        "People",
    ),
    Change(
        Action.UPDATE,
        "bob",
        (
            field("fullName", "Bob", "Bob <b>Builder</b>", 9),
            field("cards", ("1111", "2222"), ("2222", "3333", "4444"), 10),
            field("email", "bob@example.org", "", 11),
            field("personalNumber", "007", "008", 12),
            field("department", "", "R&D", 13),
            field("groups", ("All", "Old|Lab"), ("All", "Staff|Sales"), 14),
        ),
        f"people says otherwise ({RULES}:1:1)",
        "people.csv:3",
        "people",
        "5",
        "People",
        ("create/eve", "group-create/Staff/Sales"),
        2,
    ),
    *(
        Change(
            Action.UPDATE,
            name,
            (field("fullName", name, f"{name}!", 9), field("notes", f"{name}?", name, 15)),
            f"people says otherwise ({RULES}:1:1)",
            f"people.csv:{line}",
            "people",
            str(line),
            "People",
        )
        for line, name in enumerate(HOSTILE, 20)
    ),
    Change(
        Action.DEACTIVATE,
        "ada",
        (field("groups", ("Staff", "Staff|Sales"), (), 16),),
        f"no longer in people (options.deactivateMissingUsers, {RULES}:16:5)",
        source="people",
        account_id="1",
        account_source="People",
    ),
    Change(Action.DEACTIVATE, "zoë", (), "no longer in guests", "", "guests", "9", "Guests"),
)

NOTICES = (
    Notice(
        Kind.CONFLICT,
        "max",
        "2 records claim the same cards (max, moritz); none is touched",
        ("a:1", "b:2"),
    ),
    Notice(
        Kind.FOREIGN, HOSTILE[0], "belongs to no synchronization source; people takes it over only by `adopt`"
    ),
    Notice(
        Kind.KEPT, "kim", "no longer in guests, which may not deactivate missing users", ("guests.yaml:1:1",)
    ),
    Notice(Kind.NOT_ADDED, "new", "has no account, and guests may not add users", ("guests.csv:2",)),
    Notice(Kind.OUTRANKED, "bob", "guests knows them too and gives way to people", ("people.csv:3", "")),
    Notice(Kind.UNSEEN, "phone", "people maps it, and this target does not show it", ("people.yaml:17:5",)),
    Notice(
        Kind.WITHHELD,
        "lea",
        "no longer in people; the policy waits for 2 complete reads",
        ("people.yaml:1:1",),
    ),
)

WAIVED = Waived("jane", "all of `Sales` marry <b>today</b>", "2026-02-01T00:00:00Z")

VERDICTS = (
    Verdict(
        "removals", "", 2, 150, "1", tripped=True, message="2 of 150 accounts (1.3 %), and the limit is 1"
    ),
    Verdict(
        "group-members",
        "Staff|`Sales`",
        9,
        10,
        "5 and 25 %",
        tripped=True,
        message="Staff|`Sales` loses 9 of 10 members (90 %), and the limit is 5 and 25 %",
    ),
    Verdict(
        "identities-moved",
        "",
        1,
        0,
        "0",
        tripped=True,
        message="cards from ada to bob would go to somebody else",
    ),
    Verdict(
        "updates",
        "",
        15,
        150,
        "30 %",
        tripped=False,
        message="15 of 150 accounts (10 %), and the limit is 30 %",
    ),
    Verdict("creates", "", 0, 150, "25 %", tripped=False, message="0 of 150 accounts, and the limit is 25 %"),
    Verdict(
        "rekeys",
        "",
        9,
        150,
        "5 %",
        tripped=False,
        message="9 of 150 accounts (6 %), and the limit is 5 %",
        waived=WAIVED,
    ),
)

EVIDENCE = (
    Evidence(
        "guests",
        "ldap",
        "Guests",
        1,
        (Fact("paging cookie", "ended"),),
        (
            Proof("end", Standing.PROVEN, "the source said that this was the end"),
            Proof("count", Standing.ABSENT, "the source does not count"),
            Proof("left-out", Standing.ACCEPTED, "it lies elsewhere: ldap://far.example"),
            Proof("no-count", Standing.DOUBTFUL, "nothing but the end shows how many there must be"),
        ),
    ),
    Evidence(
        "people",
        "csv",
        "People",
        1204,
        (Fact("last line", "complete"), Fact("encoding", "utf-8")),
        (
            Proof("end", Standing.PROVEN, "the source said that this was the end"),
            Proof("minimum", Standing.PROVEN, "at least 1000 are expected"),
        ),
    ),
)


GROUPS = (
    GroupCount("New|Lab", "Old|Lab", 2, 1),
    GroupCount("Old", "Old", 0, 0),
    GroupCount("Staff", "", 0, 0),
    GroupCount("Staff|Sales", "", 0, 2),
)


HAND_OVER = HandOver(
    "import/users.csv",
    "import/users.csv.settings.txt",
    "People",
    1204,
    (("Encoding", "utf-8"), ("Import groups under this group", ""), ("Deactivate missing users", "on")),
    "sha256:" + "7" * 64,
)


def a_plan(changes: Sequence[Change] = CHANGES) -> Plan:
    """Return a plan with one of everything that a plan can hold."""
    return Plan(TARGET, STAMP, EVIDENCE, VERDICTS, tuple(sorted(changes, key=sort_key)), NOTICES, GROUPS)


def a_result() -> Result:
    """Return a result in which something ended in every way there is."""
    ways = tuple(Status)
    outcomes = tuple(
        Outcome(change, ways[at % len(ways)], f"MyQ says: {change.name} 3333 007" if at % 2 else "")
        for at, change in enumerate(sorted(CHANGES, key=sort_key))
    )
    return Result(
        TARGET,
        "2026-01-05T07:00:00Z",
        "2026-01-05T07:00:09Z",
        "0.1.0",
        ("@jane", "joe@example.org"),
        outcomes,
        ("deactivate/gone",),
        ("group-create/Late/Group", "update/bob"),
        (HAND_OVER,),
        (Pass("rekeys", "Staff|`Sales`", 9, WAIVED),),
        (HeldBack("deactivate/<b>zoe</b>", "no longer in People; 12 of 40 records came"),),
    )


_words = st.text(max_size=12)
_names = st.text(min_size=1, max_size=12) | st.sampled_from(HOSTILE)
_values = _words | st.lists(_words, max_size=3).map(tuple)
_counts = st.integers(0, 10_000)
_times = st.datetimes().map(lambda moment: f"{moment:%Y}-{moment:%m-%dT%H:%M:%S}Z".rjust(20, "0"))
_field_names = st.sampled_from(["fullName", "cards", "groups", "userName", "personalNumber", "later"])
_ids = st.lists(_names, max_size=3, unique=True).map(lambda ids: tuple(sorted(ids)))

waivings = st.builds(Waived, _words, _words, _times)
targets = st.builds(TargetIdentity, _words, _names, _words, st.booleans())


def _with_a_new_name(change: Change, new: str) -> Change:
    """Give what renames a first field that says so, as the engine does."""
    names = {Action.REKEY: "userName", Action.GROUP_MOVE: "path"}
    if change.action not in names:
        return change
    return change._replace(fields=(FieldChange(names[change.action], change.name, new), *change.fields))


_any_changes = st.builds(
    Change,
    action=st.sampled_from(Action),
    name=_names,
    fields=st.lists(st.builds(FieldChange, _field_names, _values, _values, _words), max_size=3).map(tuple),
    reason=_words,
    record=_words,
    source=_words,
    account_id=_words,
    account_source=_words,
    needs=_ids,
    pins=_counts,
)
changes = st.builds(_with_a_new_name, _any_changes, _names)
_in_order = st.lists(changes, max_size=6, unique_by=sort_key).map(
    lambda some: tuple(sorted(some, key=sort_key))
)
plans = st.builds(
    Plan,
    target=targets,
    stamp=st.builds(Stamp, _times, _times, _words, _words, _words, st.just("") | _times),
    evidence=st.lists(
        st.builds(
            Evidence,
            _words,
            _words,
            _words,
            _counts,
            st.lists(st.builds(Fact, _words, _words), max_size=2).map(tuple),
        ),
        max_size=2,
        unique_by=lambda one: one.source,
    ).map(lambda some: tuple(sorted(some, key=lambda one: one.source))),
    verdicts=st.lists(
        st.builds(
            Verdict,
            st.sampled_from(NAMES),
            _words,
            _counts,
            _counts,
            _words,
            st.booleans(),
            _words,
            st.none() | waivings,
        ),
        max_size=3,
        unique_by=lambda one: (one.guard, one.scope),
    ).map(
        lambda some: tuple(
            sorted(some, key=lambda one: (not one.tripped, NAMES.index(one.guard), one.guard, one.scope))
        )
    ),
    changes=_in_order,
    notices=st.lists(
        st.builds(Notice, st.sampled_from(Kind), _words, _words, st.lists(_words, max_size=2).map(tuple)),
        max_size=3,
    ).map(lambda some: tuple(sorted(some))),
    groups=st.lists(st.builds(GroupCount, _words, _words, _counts, _counts), max_size=3).map(
        lambda some: tuple(sorted(some))
    ),
    unreachable=st.dictionaries(_names, _words, max_size=3),
    attribution=st.none()
    | st.builds(
        Attribution,
        base=_words,
        commit=_words,
        manifests=_words,
        altered=st.dictionaries(_names, st.lists(_words, max_size=2).map(tuple), max_size=2),
        anyway=st.frozensets(_names, max_size=2),
        gone=_in_order,
        impact=st.lists(st.builds(Impact, _words, st.sampled_from(Action), _words, _counts), max_size=2).map(
            lambda some: tuple(sorted(some, key=impact_key))
        ),
        tripped=_ids,
        problem=_words,
    ),
)
approvals = st.builds(
    Approval,
    target=_names,
    plan=st.just("sha256:" + "0" * 64),
    effects=st.dictionaries(st.binary(min_size=32, max_size=32).map(bytes.hex), _words, max_size=4),
    approved_by=_names,
    approved_at=_times,
    expires=_times,
    waived=st.dictionaries(st.sampled_from(NAMES), _names, max_size=2),
    waived_up_to=st.dictionaries(
        st.sampled_from(NAMES), st.dictionaries(_words, _counts, max_size=2), max_size=2
    ),
)
hand_overs = st.builds(
    HandOver,
    file=_words,
    settings_file=_words,
    synchronization_source=_words,
    users=_counts,
    settings=st.lists(st.tuples(_words, _words), max_size=3).map(tuple),
    digest=st.just("sha256:" + "1" * 64),
)
results = st.builds(
    Result,
    target=targets,
    started=_times,
    finished=_times,
    tool=_words,
    approved_by=_ids,
    outcomes=_in_order.flatmap(
        lambda some: st.tuples(
            *(st.builds(Outcome, st.just(one), st.sampled_from(Status), _words) for one in some)
        )
    ),
    unneeded=_ids,
    held_back=st.lists(st.builds(HeldBack, _words, _words), max_size=2, unique=True).map(
        lambda some: tuple(sorted(some))
    ),
    remaining=st.none() | _ids,
    hand_overs=st.lists(hand_overs, max_size=2, unique=True).map(lambda some: tuple(sorted(some))),
    waived=st.lists(
        st.builds(Pass, st.sampled_from(NAMES), _words, _counts, waivings), max_size=2, unique=True
    ).map(lambda some: tuple(sorted(some))),
)
