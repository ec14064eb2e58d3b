from __future__ import annotations

import pytest

from reconciler.core.model import Property
from reconciler.core.policy import Limit, Policy
from reconciler.core.rules import Adopt, EmptyLevel, Expectation, GroupWay, Mode, Options, Rule, SourceRules
from reconciler.errors import Place
from support.manifests import complaints, document, project, source


def rules_of(more: str = "", mapping: str = "{userName: USERNAME}") -> SourceRules:
    return project(source(more, mapping)).sources[0][0]


def rule_of(mapping: str) -> Rule:
    return next(rule for rule in rules_of(mapping=mapping).rules if rule.property is not Property.USER_NAME)


@pytest.mark.parametrize(
    ("written", "prop", "mode"),
    [
        pytest.param("cards: CARDS", Property.CARDS, Mode.ADD, id="cards-are-added"),
        pytest.param("aliases: a;b", Property.ALIASES, Mode.ADD, id="aliases-are-added"),
        pytest.param("pins: PIN", Property.PINS, Mode.ADD, id="pins-are-added"),
        pytest.param("email: MAIL", Property.EMAIL, Mode.REPLACE_IF_PRESENT, id="the-rest-is-replaced"),
        pytest.param(
            "email: {from: MAIL, mode: replace}", Property.EMAIL, Mode.REPLACE, id="what-is-written-counts"
        ),
        pytest.param("cards: {from: CARDS, mode: replace}", Property.CARDS, Mode.REPLACE, id="cards-too"),
    ],
)
def test_modes_have_defaults(written: str, prop: Property, mode: Mode) -> None:
    rule = rule_of(f"{{userName: USERNAME, {written}}}")
    assert (rule.property, rule.mode) == (prop, mode)


def test_a_rule_knows_the_line_that_made_it() -> None:
    text = source(mapping="\n  userName: USERNAME\n  email:\n    from: MAIL")
    rules = project(text).sources[0][0].rules
    assert [(rule.property, rule.place.line - rules[0].place.line) for rule in rules] == [
        (Property.USER_NAME, 0),
        (Property.EMAIL, 1),
    ]
    assert rules[1].place.file == "sources.d/a.yaml"


def test_an_ignored_property_has_no_rule() -> None:
    rules = rules_of(mapping="{userName: USERNAME, email: {from: MAIL, mode: ignore}}").rules
    assert [rule.property for rule in rules] == [Property.USER_NAME]


def test_a_property_without_a_value_is_not_mapped() -> None:
    rules = rules_of(mapping="{userName: USERNAME, email: , notes: ~}").rules
    assert [rule.property for rule in rules] == [Property.USER_NAME]


def test_filters_work_in_their_order() -> None:
    rule = rule_of(
        "{userName: U, notes: {from: N, filters: [strip, {split: ';'}, first, upper, lower, {strip: x},"
        r" {replace: {pattern: '^(.)(.)?', with: '\2ž\\\1\0'}}, {map: {table: {a: b}, otherwise: keep}},"
        " {default: none}]}}"
    )
    values: tuple[str, ...] = ("  xABCx;d",)
    for step in rule.filters:
        values = step(values)
    assert values == (r"bž\aabc",)


def test_groups_of_the_pattern_that_did_not_match_are_empty() -> None:
    (step,) = rule_of(
        r"{userName: U, notes: {from: N, filters: [{replace: {pattern: 'a(b)?', with: '<\1>'}}]}}"
    ).filters
    assert step(("a ab é",)) == ("<> <b> é",)


def test_card_filters_are_built() -> None:
    (step,) = rule_of("{userName: U, cards: {from: C, filters: [{card: {from: hex, to: decimal}}]}}").filters
    assert step(("1F",)) == ("31",)


def test_a_shared_mapping_is_compiled_for_each_source() -> None:
    mapping = document("Mapping", "userName: USERNAME\ngroups: GROUPS", "people")
    made = project(source(mapping="people"), mapping, source(mapping="people", name="students"))
    assert [rules.name for rules, _ in made.sources] == ["staff", "students"]
    assert made.sources[0][0].rules == made.sources[1][0].rules
    assert made.sources[0][0].ways == made.sources[1][0].ways


@pytest.mark.parametrize(
    ("mapping", "more", "mode"),
    [
        pytest.param("{userName: U, groups: G}", "", Mode.REPLACE_IF_PRESENT, id="unwritten"),
        pytest.param("{userName: U, groups: {from: G, mode: add}}", "", Mode.ADD, id="beside-the-mapping"),
        pytest.param("{userName: U, groups: G}", "groups: {mode: add}", Mode.ADD, id="below-groups"),
        pytest.param(
            "{userName: U, groups: {from: G, mode: add}}",
            "groups: {mode: add}",
            Mode.ADD,
            id="in-both-places",
        ),
        pytest.param(
            "{userName: U, groups: {from: G, mode: add}}",
            "groups: {maxDepth: 3}",
            Mode.ADD,
            id="other-settings",
        ),
    ],
)
def test_the_mode_of_groups_is_written_in_either_place(mapping: str, more: str, mode: Mode) -> None:
    rules = rules_of(more, mapping)
    assert rules.groups_mode is mode
    assert len(rules.ways) == 1


@pytest.mark.parametrize(
    "more",
    ["groups: {mode: ignore, import: [{attribute: D}]}", "groups: {mode: ignore}"],
    ids=["import", "alone"],
)
def test_ignored_groups_have_no_way(more: str) -> None:
    assert rules_of(more, "{userName: U, groups: G}").ways == ()


def test_a_mapping_may_ignore_groups() -> None:
    rules = rules_of(mapping="{userName: U, groups: {from: G, mode: ignore}}")
    assert (rules.ways, rules.groups_mode) == ((), Mode.IGNORE)


@pytest.mark.parametrize(
    ("template", "ready"),
    [
        pytest.param("GROUPS", True, id="a-column-of-branches"),
        pytest.param("G1;G2", True, id="two-columns-of-branches"),
        pytest.param("'%A%|%B%'", False, id="a-template"),
    ],
)
def test_a_csv_column_of_groups_holds_branches(template: str, ready: bool) -> None:  # noqa: FBT001  # a table
    (way,) = rules_of(mapping=f"{{userName: U, groups: {template}}}").ways
    assert way.ready is ready
    assert bool(way.template.levels) is not ready


def test_ways_to_import_groups_are_compiled_one_by_one() -> None:
    more = """
    groups:
      maxDepth: 5
      replaceSeparators: '-'
      import:
        - {attribute: DEPARTMENT}
        - {attribute: '%A%|%B%', makeDefault: true, emptyLevel: cut}
        - {branches: PATHS}
    """
    rules = rules_of(more)
    way, tree, ready = rules.ways
    assert (way.template.attributes, way.ready, way.make_default) == (("DEPARTMENT",), False, False)
    assert (tree.make_default, tree.empty_level) == (True, EmptyLevel.CUT)
    assert (ready.template.attributes, ready.ready) == (("PATHS",), True)
    assert [each.place.line - way.place.line for each in rules.ways] == [0, 1, 2]
    assert (rules.max_depth, rules.replace_separators) == (5, "-")
    assert isinstance(way, GroupWay)


def test_all_settings_of_a_source_arrive() -> None:
    more = """
    synchronizationSource: ' HR '
    precedence: 7
    options:
      addNewUsers: true
      deactivateMissingUsers: true
      convertUserNameToLowercase: true
      appendDomainName: example.org
      pairBy: [objectId, userName]
      useAuthenticationServer: Directory
      importGroupsUnder: Company|Staff
      doNotChangeDefaultGroup: true
    adopt: {sources: ['', Old], users: [eva]}
    expect: {minimumRecords: 10, sentinels: [eva@example.org]}
    """
    rules = rules_of(more, "{userName: U, fullName: F, objectId: O}")
    assert (rules.name, rules.kind, rules.synchronization_source, rules.precedence) == (
        "staff",
        "csv",
        "HR",
        7,
    )
    assert rules.options == Options(
        add_new_users=True,
        deactivate_missing_users=True,
        convert_user_name_to_lowercase=True,
        append_domain_name="example.org",
        pair_by=(Property.OBJECT_ID, Property.USER_NAME),
        authentication_server="Directory",
        import_groups_under="Company|Staff",
        do_not_change_default_group=True,
    )
    assert rules.adopt == Adopt(frozenset({"", "Old"}), frozenset({"eva"}))
    assert rules.expect == Expectation(10, ("eva@example.org",))


def test_a_source_says_nothing_that_is_not_written() -> None:
    rules = rules_of()
    assert rules.options == Options()
    assert (rules.synchronization_source, rules.ways, rules.adopt, rules.expect) == (
        "staff",
        (),
        Adopt(),
        Expectation(),
    )


def test_ignoring_the_source_is_right_without_removals() -> None:
    assert rules_of("options: {ignoreSynchronizationSource: true}").options.ignore_synchronization_source


def test_letters_of_two_characters_are_one() -> None:
    rules = rules_of("adopt: {users: [ade\u0301la]}")
    assert rules.adopt.users == {"ad\xe9la"}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        pytest.param("synchronizationSource: '  '", "synchronizationSource is blank", id="source"),
        pytest.param("adopt: {users: [' ']}", "spec.adopt.users holds a blank name", id="adopted-user"),
        pytest.param("expect: {sentinels: [' ']}", "spec.expect.sentinels holds a blank name", id="sentinel"),
        pytest.param("options: {importGroupsUnder: 'A| |B'}", "a level without a name", id="level"),
        pytest.param("options: {importGroupsUnder: 'All users'}", "built into MyQ", id="all-users"),
    ],
)
def test_what_is_blank_is_no_name(more: str, words: str) -> None:
    (message,) = complaints(source(more))
    assert words in message


def test_a_default_group_may_be_mapped_beside_imports() -> None:
    rules = rules_of("groups: {import: [{attribute: DEPT}]}", "{userName: U, defaultGroup: '%C%|%D%'}")
    assert [rule.property for rule in rules.rules] == [Property.USER_NAME]
    assert [(way.template.text, way.make_default) for way in rules.ways] == [
        ("%C%|%D%", True),
        ("DEPT", False),
    ]


def test_a_default_group_is_set_or_left_and_nothing_else() -> None:
    told = complaints(source(mapping="{userName: U, defaultGroup: {from: D, mode: replace}}"))
    assert told == ["spec.mapping.defaultGroup: the mode replace is not for the default group"]


def test_a_domain_and_its_lower_case_may_stand_together() -> None:
    more = """
    options: {convertUserNameToLowercase: true, appendDomainName: Example.ORG}
    expect: {sentinels: [eva@Example.ORG]}
    """
    assert rules_of(more).expect.sentinels == ("eva@Example.ORG",)


def test_a_project_without_a_policy_has_the_usual_one() -> None:
    assert project().policy == Policy()


def test_what_a_policy_leaves_out_keeps_its_default() -> None:
    policy = project(
        document(
            "Policy",
            """
            guards:
              removals: {count: 10}
              updates: {percent: 12.5}
              creates: {count: 0}
              reactivations: {count: 1, percent: 2}
              groupMembers: {percent: 100}
              defaultGroups: {count: 1}
              privilegedUsers: {count: 2}
              maximumUsers: 1500
            protected: {users: [' eva '], groups: [Company|Board]}
            grace: {reads: 0, days: 0.5}
            approve: [create, group-create]
            planHours: 48
            """,
        )
    ).policy
    assert policy == Policy(
        removals=Limit(10, 5),
        updates=Limit(None, 12.5),
        creates=Limit(0, 25),
        reactivations=Limit(1, 2),
        rekeys=Limit(None, 5),
        group_members=Limit(5, 100),
        default_groups=Limit(1, 5),
        privileged_users=Limit(2),
        maximum_users=1500,
        protected_users=frozenset({"eva"}),
        protected_groups=frozenset({"Company|Board"}),
        grace_reads=0,
        grace_days=0.5,
        approve=frozenset({"create", "group-create"}),
        plan_hours=48,
    )


def test_problems_are_told_once_for_a_mapping_that_two_sources_share() -> None:
    mapping = document("Mapping", "userName: '%a'", "people")
    said = complaints(mapping, source(mapping="people"), source(mapping="people", name="students"))
    assert said == ["spec.userName: '%a' has a '%' without its partner"]


def test_places_are_those_of_the_names() -> None:
    made = project(source())
    assert made.target.place == Place("sources.d/a.yaml", 4, 18)
    assert made.sources[0][0].place.column == 18


def test_endless_patterns_are_refused_before_they_are_compiled() -> None:
    pattern = "a?" * 10_000
    mapping = f"{{userName: {{from: a, filters: [{{replace: {{pattern: '{pattern}'}}}}]}}}}"
    (message,) = complaints(source(mapping=mapping))
    assert message.endswith("the pattern is longer than 1000 characters")
