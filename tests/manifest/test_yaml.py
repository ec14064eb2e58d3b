from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Place
from reconciler.manifest.syntax import syntax_problem
from reconciler.manifest.yaml import LOADER, MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_PROBLEMS, parse

LOADERS = [pytest.param(yaml.CSafeLoader, id="libyaml"), pytest.param(yaml.SafeLoader, id="pyyaml")]

printable = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=12)
trees = st.recursive(
    printable,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(printable, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        pytest.param("n: 00123", {"n": "00123"}, id="a-number-that-yaml-takes-for-octal"),
        pytest.param("n: 0x1F", {"n": "0x1F"}, id="a-number-that-yaml-takes-for-hexadecimal"),
        pytest.param("n: no", {"n": "no"}, id="norway"),
        pytest.param("n: 1_000", {"n": "1_000"}, id="underscores"),
        pytest.param("n: 2026-01-01", {"n": "2026-01-01"}, id="a-date"),
        pytest.param("n: 12:30", {"n": "12:30"}, id="a-time"),
        pytest.param("n: .inf", {"n": ".inf"}, id="infinity"),
        pytest.param("n:", {"n": None}, id="nothing"),
        pytest.param("n: ~", {"n": None}, id="a-tilde"),
        pytest.param("n: [null, 'null', \"~\", '']", {"n": [None, "null", "~", ""]}, id="null-and-text"),
        pytest.param("null: a", {"null": "a"}, id="a-key-called-null"),
        pytest.param('d: "\\t"', {"d": "\t"}, id="a-tab-as-a-value"),
        pytest.param("d: |\n  a\n  b\n", {"d": "a\nb\n"}, id="a-block-of-text"),
        pytest.param("\ufeffn: ž", {"n": "ž"}, id="a-byte-order-mark"),
        pytest.param("n: 1\r\nm: 2\r\n", {"n": "1", "m": "2"}, id="line-ends-of-windows"),
        pytest.param("? n\n: 1", {"n": "1"}, id="a-key-with-a-question-mark"),
    ],
)
@pytest.mark.parametrize("loader", LOADERS)
def test_scalars_stay_text(text: str, content: object, loader: type[yaml.SafeLoader]) -> None:
    parsed = parse(text.encode(), "a.yaml", loader)
    assert [document.content for document in parsed.documents] == [content]
    assert parsed.problems == ()


@pytest.mark.parametrize("loader", LOADERS)
@given(content=st.dictionaries(printable, trees, max_size=5))
def test_what_yaml_writes_is_read_again(content: object, loader: type[yaml.SafeLoader]) -> None:
    raw = yaml.safe_dump(content, allow_unicode=True, default_style="'").encode()
    parsed = parse(raw, "a.yaml", loader)
    assert parsed.problems == ()
    assert parsed.documents[0].content == content


@given(raw=st.binary(max_size=300) | st.text("ab:-[]{}&*!|>'\"%@`?,# \n\t~<", max_size=200).map(str.encode))
def test_no_bytes_break_the_loader(raw: bytes) -> None:
    for loader in (yaml.CSafeLoader, yaml.SafeLoader):
        parsed = parse(raw, "a.yaml", loader)
        assert all(each.message and each.hint and each.place.file == "a.yaml" for each in parsed.problems)


@given(content=st.dictionaries(printable, trees, min_size=1, max_size=5))
def test_every_value_has_a_place(content: dict[str, object]) -> None:
    text = yaml.safe_dump(content, allow_unicode=True, default_style="'")
    document = parse(text.encode(), "a.yaml").documents[0]
    lines = text.split("\n")
    for key, value in content.items():
        at = document.places.key((key,))
        assert lines[at.line - 1][at.column - 1] in "'?"
        if isinstance(value, str):
            assert document.places.value((key,)) != at


def test_places_count_from_one_and_end_at_the_nearest_value_around() -> None:
    text = "kind: Source\nspec:\n  - file: a\n  - {file: b}\n"
    places = parse(text.encode(), "a.yaml").documents[0].places
    assert places.value(()) == Place("a.yaml", 1, 1)
    assert places.key(("spec",)) == Place("a.yaml", 2, 1)
    assert places.value(("spec", 1, "file")) == Place("a.yaml", 4, 12)
    assert places.key(("spec", 1, "file")) == Place("a.yaml", 4, 6)
    assert places.key(("spec", 1, "nothing", 0, "here")) == Place("a.yaml", 4, 5)


def test_documents_before_a_mistake_are_kept() -> None:
    parsed = parse(b"a: 1\n---\nb: 2\n---\nc: *d\n---\ne: [\n", "a.yaml")
    assert [document.content for document in parsed.documents] == [{"a": "1"}, {"b": "2"}]
    assert [problem.place.line for problem in parsed.problems] == [5, 8]


def test_documents_without_anything_are_passed_over() -> None:
    parsed = parse(b"---\n---\n# a remark\n---\na: 1\n...\n", "a.yaml")
    assert [document.content for document in parsed.documents] == [{"a": "1"}]
    assert parsed.problems == ()


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b"a: [" * MAX_DEPTH + b"b", "deeper than 50 levels", id="deep"),
        pytest.param(b"[" * 200_000, "deeper than 50 levels", id="very-deep"),
        pytest.param(b"#" * (MAX_BYTES + 1), "larger than 5 MB", id="large"),
        pytest.param(b"a\0b: c", r"hidden character \x00", id="a-nul-byte"),
        pytest.param("a: \u2067b".encode(), r"hidden character \u2067", id="text-that-turns-its-direction"),
        pytest.param(b"a: \xff", "byte 0xff is not UTF-8", id="no-utf-8"),
        pytest.param(b"\xff\xfea\0", "encoded as UTF-16", id="utf-16"),
        pytest.param(b'a: "\\u202e"', "hidden character", id="a-hidden-character-in-an-escape"),
        pytest.param(b"%YAML 3.0\n---\na: 1", "a version of YAML", id="a-yaml-of-the-future"),
        pytest.param(b"a: 1\n...\nb", "without a '---' line", id="text-after-the-end"),
        pytest.param(b"a: [", "a value is missing here", id="the-end-inside-a-list"),
        pytest.param(b"&a b: c", "'&a' is an anchor", id="an-anchor-on-a-key"),
    ],
)
def test_what_no_manifest_needs_is_refused(raw: bytes, message: str, loader: type[yaml.SafeLoader]) -> None:
    problems = parse(raw, "a.yaml", loader).problems
    assert message in problems[0].message


def test_there_is_a_limit_to_values() -> None:
    (problem,) = parse(b"- a\n" * (MAX_NODES + 1), "a.yaml").problems
    assert problem.message == "the file has more than 100,000 values"
    assert problem.place.line == MAX_NODES


def test_half_a_character_is_refused_by_the_parser_or_after_it() -> None:
    raw = b'a: "\\ud800"'
    assert "stands for no character" in parse(raw, "a.yaml", yaml.CSafeLoader).problems[0].message
    assert "holds a hidden character" in parse(raw, "a.yaml", yaml.SafeLoader).problems[0].message


def test_a_complaint_of_the_parser_without_a_translation_is_shown_as_it_is() -> None:
    problem = syntax_problem(yaml.YAMLError("odd\x1b"), "", "a.yaml")
    assert problem.place == Place("a.yaml", 1, 1)
    assert problem.message == r"this is not YAML: odd\x1b"


def test_a_million_aliases_cost_next_to_nothing() -> None:
    bomb = b"a: &a [x]\n" + b"".join(b"b%d: [%s]\n" % (i, b"*a," * 20) for i in range(50_000))
    start = time.process_time()
    problems = parse(bomb[:MAX_BYTES], "a.yaml").problems
    assert time.process_time() - start < 1
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].hint == "mend these first"


def test_doubling_aliases_are_never_expanded() -> None:
    bomb = b"a0: &a0 [x]\n" + b"".join(
        b"a%d: &a%d [*a%d, *a%d]\n" % (i, i, i - 1, i - 1) for i in range(1, 99)
    )
    assert parse(bomb, "a.yaml").documents == ()


def test_libyaml_is_used_where_it_is_there() -> None:
    assert LOADER is yaml.CSafeLoader
