from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.errors import ManifestError, Problem
from reconciler.manifest.check import MAX_PROBLEMS
from reconciler.manifest.load import File, Project, _file, build, digest, load_project
from support.manifests import CHECKER, TARGET, complaints, document, source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources.d").mkdir()
    return tmp_path


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / "sources.d" / name
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def said(folder: Path) -> list[str]:
    with pytest.raises(ManifestError) as caught:
        load_project(folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_project_is_all_files_together(folder: Path) -> None:
    write(folder, "b.yml", source(mapping="people"))
    write(folder, "a.YAML", TARGET)
    write(folder, "c.yaml", document("Mapping", "userName: USERNAME", "people"))
    made = load_project(folder)
    assert isinstance(made, Project)
    assert made.files == ("sources.d/a.YAML", "sources.d/b.yml", "sources.d/c.yaml")
    assert [rules.name for rules, _ in made.sources] == ["staff"]
    assert str(made.sources[0][0].rules[0].place) == "sources.d/c.yaml:5:3"


def test_what_is_no_manifest_file_is_left_alone(folder: Path) -> None:
    write(folder, "a.yaml", TARGET)
    write(folder, ".b.yaml", "[")
    write(folder, "b.yaml.orig", "[")
    write(folder, "notes.txt", "[")
    (folder / "sources.d" / "c.yaml").mkdir()
    write(folder, "c.yaml/d.yaml", "[")
    assert load_project(folder).files == ("sources.d/a.yaml",)


def test_the_digest_tells_names_and_bytes_apart() -> None:
    files = (File("a", b"bc"), File("d", b""))
    assert digest(files) == digest(list(files))
    others = [
        (File("a", b"b"), File("cd", b"")),
        (File("ab", b"c"), File("d", b"")),
        (File("a", b"bc"),),
        (File("d", b""), File("a", b"bc")),
        (File("a", b"bC"), File("d", b"")),
    ]
    assert len({digest(files), *map(digest, others)}) == len(others) + 1
    assert digest(()) == f"sha256:{hashlib.sha256().hexdigest()}"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    (problem,) = said(tmp_path)
    assert problem.startswith("sources.d: the folder of manifests cannot be read: ")
    assert "-C" in problem


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "sources.d").write_text("", encoding="utf-8")
    assert said(tmp_path)[0].startswith("sources.d: the folder of manifests cannot be read: ")


def test_an_empty_folder_is_named(folder: Path) -> None:
    (problem,) = said(folder)
    assert problem.startswith("sources.d: the folder holds no manifest")


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    problems: list[Problem] = []
    assert _file(folder / "sources.d" / "gone.yaml", problems) is None
    assert [str(problem.place) for problem in problems] == ["sources.d/gone.yaml"]


def test_a_file_with_a_hidden_name_is_named_in_plain_sight(folder: Path) -> None:
    write(folder, "a\u202elmay.yaml", TARGET)
    (problem,) = said(folder)
    assert problem.startswith("sources.d/a\\u202elmay.yaml: the file's name holds hidden characters\n")


def test_problems_are_sorted_by_place(folder: Path) -> None:
    write(folder, "b.yaml", f"{TARGET}---\n{document('Policy', 'planHours: x')}")
    write(folder, "a.yaml", document("Policy", "grace: {days: x, reads: y}"))
    places = [problem.split(" ")[0] for problem in said(folder)]
    assert places == ["sources.d/a.yaml:5:17:", "sources.d/a.yaml:5:27:", "sources.d/b.yaml:12:14:"]


def test_nothing_is_called_missing_while_a_file_cannot_be_read(folder: Path) -> None:
    write(folder, "a.yaml", source(mapping="people"))
    write(folder, "b.yaml", "a: [")
    assert [problem.split(":")[0] for problem in said(folder)] == ["sources.d/b.yaml"]


def test_a_target_with_problems_is_not_called_missing_too(folder: Path) -> None:
    write(folder, "a.yaml", document("Target", "release: '9'"))
    assert len(said(folder)) == 1


def test_thousands_of_mistakes_are_cut_short() -> None:
    many = "\n".join(f"key{number}: 1" for number in range(5_000))
    messages = complaints(document("Policy", many))
    assert len(messages) == MAX_PROBLEMS + 1
    assert f"{MAX_PROBLEMS} problems were found in this document; there may be more" in messages


WORDS = """
    apiVersion kind metadata name spec type csv file mapping userName options groups import attribute Source
    Target Policy Mapping GroupTree rest url true 5 myq.reconciler/v1 x % | ž
"""
words = st.sampled_from(WORDS.split())
trees = st.recursive(
    words | st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=6),
    max_leaves=30,
)


def flow(tree: object) -> str:
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(value)}" for key, value in tree.items()) + "}"
    if isinstance(tree, list):
        return f"[{', '.join(map(flow, tree))}]"
    return "~" if tree is None else "'" + str(tree).replace("'", "''") + "'"


@given(tree=trees, kind=st.sampled_from(["Source", "Target", "Policy", "Mapping", "GroupTree", "Other"]))
def test_no_document_breaks_the_checks(tree: object, kind: str) -> None:
    text = f"apiVersion: myq.reconciler/v1\nkind: {kind}\nmetadata: {{name: a}}\nspec: {flow(tree)}\n"
    problems = []
    made = build((File("a.yaml", text.encode("utf-8", "replace")),), CHECKER, problems)
    assert made or problems
    assert all(each.message and each.hint for each in problems)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")))
def test_a_folder_gives_a_project_or_problems(raw: bytes, folder: Path) -> None:
    (folder / "sources.d" / "a.yaml").write_bytes(raw)
    with pytest.raises(ManifestError) as caught:
        load_project(folder)
    assert caught.value.problems
