"""Several targets in one project: each gets its sources, its policy and its groups, and no other's."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.core.policy import Policy
from reconciler.errors import Problem, UsageError
from reconciler.manifest.load import Project, load_project, load_projects
from support.manifests import built_all, document, source

ONE_POLICY = "keep one, or say in `targets` which is for which"


def server(name: str, more: str = "", url: str = "") -> str:
    address = url or f"https://{name}.example.org"
    rest = f"rest: {{url: '{address}', clientId: a, clientSecret: 'env:A'}}"
    return document("Target", f"{rest}\n{more}", name)


def policy(name: str, more: str = "") -> str:
    return document("Policy", f"planHours: 2\n{more}", name)


def tree(name: str, group: str, more: str = "") -> str:
    return document("GroupTree", f"groups: [{{name: {group}}}]\n{more}", name)


def named(name: str) -> str:
    return source(name=name)


def projects(*documents: str) -> dict[str, Project]:
    made, problems = built_all(*documents)
    assert problems == []
    return {project.target.name: project for project in made}


def told(*documents: str) -> list[str]:
    return [str(problem) for problem in sorted(built_all(*documents)[1])]


def sources_of(project: Project) -> list[str]:
    return [rules.name for rules, _ in project.sources]


def test_what_names_nobody_is_for_everybody() -> None:
    made = projects(server("prague"), server("brno"), source(), policy("p"), tree("t", "Staff"))
    assert list(made) == ["prague", "brno"]
    for project in made.values():
        assert sources_of(project) == ["staff"]
        assert project.policy == Policy(plan_hours=2)
        assert [node.path for node in project.groups] == ["Staff"]
        assert project.digest == made["prague"].digest


def test_each_target_takes_the_sources_that_it_names() -> None:
    made = projects(
        server("prague", "sources: [b, a]"),
        server("brno", "sources: [b]"),
        server("labs", "sources: []"),
        server("all", "sources: ~"),
        source(name="a"),
        source(name="b"),
    )
    assert {name: sources_of(project) for name, project in made.items()} == {
        "prague": ["a", "b"],
        "brno": ["b"],
        "labs": [],
        "all": ["a", "b"],
    }


def test_sources_that_no_target_takes_are_known() -> None:
    made = projects(server("prague", "sources: [a]"), server("brno", "sources: []"), *map(named, "abc"))
    assert {project.idle for project in made.values()} == {("b", "c")}


def test_policies_and_trees_are_for_the_targets_that_they_name() -> None:
    made = projects(
        server("prague"),
        server("brno"),
        server("labs"),
        policy("p", "targets: [prague, labs]"),
        tree("t", "Staff"),
        tree("u", "Castle", "targets: [prague]"),
        tree("v", "Castle", "targets: [brno]"),
    )
    assert {name: project.policy.plan_hours for name, project in made.items()} == {
        "prague": 2,
        "brno": Policy().plan_hours,
        "labs": 2,
    }
    assert {name: [str(node.place) for node in project.groups] for name, project in made.items()} == {
        "prague": ["sources.d/a.yaml:34:19", "sources.d/a.yaml:41:19"],
        "brno": ["sources.d/a.yaml:34:19", "sources.d/a.yaml:49:19"],
        "labs": ["sources.d/a.yaml:34:19"],
    }


@pytest.mark.parametrize(
    ("documents", "problem"),
    [
        pytest.param(
            [server("prague", "sources: [staff, stuff]"), source()],
            "sources.d/a.yaml:6:20: spec.sources: no Source is named 'stuff'\n  hint: did you mean 'staff'?",
            id="a-source-that-is-not-there",
        ),
        pytest.param(
            [server("prague", "sources: [staff]")],
            "sources.d/a.yaml:6:13: spec.sources: no Source is named 'staff'\n"
            "  hint: add a document of the kind Source, or remove the key",
            id="no-source-at-all",
        ),
        pytest.param(
            [server("prague"), policy("p", "targets: [prag]")],
            "sources.d/a.yaml:13:13: spec.targets: no Target is named 'prag'\n  hint: did you mean 'prague'?",
            id="a-policy-for-a-target-that-is-not-there",
        ),
        pytest.param(
            [server("prague"), tree("t", "Staff", "targets: [brno]")],
            "sources.d/a.yaml:13:13: spec.targets: no Target is named 'brno'\n  hint: known here: prague",
            id="a-tree-for-a-target-that-is-not-there",
        ),
        pytest.param(
            [server("prague"), server("brno"), policy("p"), policy("q", "targets: [brno]")],
            "sources.d/a.yaml:24:18: a target has one Policy, and this is another for 'brno'\n"
            f"  hint: {ONE_POLICY}; the first is at sources.d/a.yaml:17:18",
            id="two-policies-for-one-target",
        ),
        pytest.param(
            [server("prague"), server("brno", url="HTTPS://Prague.example.org:443/")],
            "sources.d/a.yaml:10:18: the targets 'prague' and 'brno' are both known as "
            "'https://prague.example.org'\n"
            "  hint: each Target is one MyQ server of its own; the other is at sources.d/a.yaml:3:18",
            id="one-identity-for-two",
        ),
        pytest.param(
            [
                server("prague", "identity: one"),
                server("brno", "identity: two", url="https://prague.example.org/"),
            ],
            "sources.d/a.yaml:11:18: the targets 'prague' and 'brno' are both the server "
            "'https://prague.example.org'\n"
            "  hint: each Target is one MyQ server of its own; the other is at sources.d/a.yaml:3:18",
            id="one-server-under-two-identities",
        ),
        pytest.param(
            [
                document("Target", "read: csv\ncsv: {export: a.csv}", "prague"),
                document("Target", "read: csv\ncsv: {export: a.csv}", "brno"),
            ],
            "sources.d/a.yaml:11:18: the targets 'prague' and 'brno' are both read from 'a.csv'\n"
            "  hint: each Target is one MyQ server of its own; the other is at sources.d/a.yaml:3:18",
            id="one-export-for-two",
        ),
        pytest.param(
            [server("prague"), tree("t", "'a|b'"), tree("u", "'a,b'", "targets: [brno]")],
            "sources.d/a.yaml:19:19: the group name 'a,b' holds '|' or ','\n"
            "  hint: nest groups with `groups:`; MyQ splits at these characters, so no name can hold them",
            id="a-tree-that-nobody-has-is-looked-at-too",
        ),
    ],
)
def test_what_does_not_fit_together_is_told_with_both_places(documents: list[str], problem: str) -> None:
    assert problem in told(*documents)


def test_one_address_under_one_identity_is_told_once_for_each_fact() -> None:
    assert len(told(server("a", url="https://x.example.org"), server("b", url="https://x.example.org"))) == 2


def test_what_is_wrong_for_many_targets_is_told_once() -> None:
    servers = [server(name) for name in "abcde"]
    second, twice = told(*servers, policy("p"), policy("q"), tree("t", "Staff"), tree("u", "Staff"))
    assert second == (
        "sources.d/a.yaml:45:18: a target has one Policy, and this is another for 'a', 'b', 'c' and 2 more\n"
        f"  hint: {ONE_POLICY}; the first is at sources.d/a.yaml:38:18"
    )
    assert twice == (
        "sources.d/a.yaml:61:19: the group 'Staff' is declared twice\n"
        "  hint: keep one of them; the first is at sources.d/a.yaml:54:19"
    )


REMOVING = """
options: {deactivateMissingUsers: true}
synchronizationSource: central
expect: {minimumRecords: 1}
"""


def test_sources_may_remove_the_users_of_one_synchronization_source_on_targets_of_their_own() -> None:
    made = projects(
        server("prague", "sources: [a]"),
        server("brno", "sources: [b]"),
        source(REMOVING, name="a"),
        source(REMOVING, name="b"),
    )
    assert {name: sources_of(project) for name, project in made.items()} == {"prague": ["a"], "brno": ["b"]}


def test_sources_may_not_remove_each_others_users_on_one_target() -> None:
    (problem,) = told(
        server("prague", "sources: [a]"),
        server("brno"),
        server("labs"),
        source(REMOVING, name="a"),
        source(REMOVING, name="b"),
    )
    assert "b and a share the synchronization source 'central'" in problem


def test_nothing_is_called_unknown_that_has_problems_of_its_own() -> None:
    problems: list[Problem]
    _, problems = built_all(
        server("prague", "sources: [staff]"),
        document("Target", "release: '9'", "brno"),
        document("Source", "type: csv", "staff"),
        policy("p", "targets: [brno, prague]"),
    )
    assert not [problem for problem in problems if "is named" in problem.message]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.d").mkdir()
    text = "---\n".join(
        [server("prague", "sources: [a]"), server("brno"), source(name="a"), source(name="b")]
    )
    (tmp_path / "sources.d" / "a.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_project_is_narrowed_to_the_target_that_is_named(folder: Path) -> None:
    assert sources_of(load_project(folder, "prague")) == ["a"]
    assert sources_of(load_project(folder, "brno")) == ["a", "b"]
    assert [project.target.name for project in load_projects(folder)] == ["prague", "brno"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param(
            "",
            "sources.d: this project has 2 targets\n  hint: choose with --target: prague, brno",
            id="none-of-several",
        ),
        pytest.param(
            "prag",
            "sources.d: no Target is named 'prag'\n  hint: did you mean 'prague'?",
            id="one-that-is-not-there",
        ),
    ],
)
def test_a_target_is_never_guessed(folder: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_project(folder, name)
    assert str(caught.value) == said
