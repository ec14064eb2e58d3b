"""Manifests, plans, approvals and results with something wrong in them: understood, or refused with words.

Bytes are cut, doubled, swapped and strewn; and whole nodes become something else, with the digest made to
fit, so that what stands behind the digest is met as well. Whatever happens is bounded in time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.core.plan import Plan
from reconciler.core.render.layout import digest_of, encoded
from reconciler.core.render.view import View
from reconciler.errors import ManifestError, PlanFileError
from reconciler.manifest.check import Checker
from reconciler.manifest.load import File, build
from reconciler.manifest.models import SOURCES
from reconciler.planfile import (
    approval_document,
    plan_document,
    read_approval,
    read_plan,
    read_result,
    result_document,
)
from reconciler.planfile.encoding import encode
from reconciler.report import RENDERERS, render_plan
from support.plans import APPROVAL, a_plan, a_result

LONGEST = timedelta(seconds=20)
"""Far more than any of these may take, and far less than a bomb would."""

MANIFESTS = sorted((Path(__file__).parent.parent / "sources.d").glob("*.yaml"))
TEXTS = [path.read_bytes() for path in MANIFESTS]
DOCUMENTS = [yaml.safe_load(text) for text in TEXTS]

NODES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\u202e", "=1+1", "a|b", "*admin", "%x%", "env:X", "\x00", "1e999", "~", "10.2"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Draw what is left of a file after a few accidents."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, len(content))), draw(st.integers(0, 40))
        piece = content[start : start + length]
        accident = draw(st.sampled_from(("cut", "double", "strew", "turn")))
        if accident == "cut":
            del content[start : start + length]
        elif accident == "double":
            content[start:start] = piece * draw(st.integers(1, 3))
        elif accident == "strew":
            content[start:start] = draw(st.binary(max_size=8))
        else:
            content[start : start + length] = piece[::-1]
    return bytes(content)


@st.composite
def altered(draw: st.DrawFn, document: Any) -> Any:  # noqa: ANN401  JSON
    """Draw a document of which one node is gone, or another one."""
    made = json.loads(json.dumps(document))
    node, holder, key = made, None, None
    while isinstance(node, dict | list) and node and draw(st.integers(0, 3)):
        holder = node
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        node = node[key]
    if holder is None:
        return draw(NODES)
    if draw(st.booleans()):
        holder[key] = draw(NODES)
    else:
        del holder[key]
    return made


def validated(content: bytes) -> None:
    """Check one manifest as `validate` does; each problem has a place, a fact and a remedy."""
    problems: list[Any] = []
    project = build((File("sources.d/a.yaml", content),), Checker(SOURCES), problems)
    assert project is not None or problems
    for problem in problems:
        assert problem.place.file in {"sources.d/a.yaml", "sources.d"}
        assert problem.message
        assert problem.hint
    str(ManifestError(tuple(problems)))


@settings(deadline=LONGEST)
@given(content=st.sampled_from(TEXTS).flatmap(damaged))
def test_a_manifest_with_damaged_bytes_is_understood_or_refused(content: bytes) -> None:
    validated(content)


@settings(deadline=LONGEST)
@given(document=st.sampled_from(DOCUMENTS).flatmap(altered))
def test_a_manifest_with_another_node_is_understood_or_refused(document: object) -> None:
    validated(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))


@settings(deadline=LONGEST)
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    validated(content)


FILES: dict[str, tuple[Callable[[], dict[str, Any]], Callable[[Path], object]]] = {
    "plan": (lambda: plan_document(a_plan()), read_plan),
    "approval": (lambda: approval_document(APPROVAL), read_approval),
    "result": (lambda: result_document(a_result()), read_result),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzzed") / "a.json"


@settings(deadline=LONGEST)
@given(data=st.data())
@pytest.mark.parametrize("kind", FILES)
def test_a_file_with_damaged_bytes_is_refused_unless_it_says_the_same(
    kind: str, path: Path, data: st.DataObject
) -> None:
    document, read = FILES[kind]
    whole = encode(document())
    path.write_bytes(whole)
    right = read(path)
    path.write_bytes(data.draw(damaged(whole)))
    read_again = _read_or_refused(read, path)
    assert read_again is None or read_again == right


@settings(deadline=LONGEST)
@given(data=st.data())
@pytest.mark.parametrize("kind", FILES)
def test_a_file_with_another_node_and_a_fitting_digest_is_understood_or_refused(
    kind: str, path: Path, data: st.DataObject
) -> None:
    document, read = FILES[kind]
    body = {key: value for key, value in document().items() if key != "digest"}
    changed = data.draw(altered(body))
    try:
        digest = digest_of(encoded(changed, encode), encode) if isinstance(changed, dict) else ""
        path.write_bytes(encode({**changed, "digest": digest} if isinstance(changed, dict) else changed))
    except TypeError:  # half a character, or a number beyond 64 bits: no JSON of ours
        path.write_bytes(json.dumps(changed).encode())
    plan = getattr(_read_or_refused(read, path), "plan", None)
    if isinstance(plan, Plan):
        for form in RENDERERS:
            render_plan(plan, "sha256:" + "0" * 64, form, view=View(limit=50))


def _read_or_refused(read: Callable[[Path], object], path: Path) -> object:
    """Return what a file holds, None where it is refused, which is the only other thing that may happen."""
    with suppress(PlanFileError):
        return read(path)
    return None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"a":' * 100_000, id="deep-objects"),
        pytest.param(b'{"kind":"plan","digest":' + b"9" * 1_000_000 + b"}", id="a-long-number"),
        pytest.param(b'{"kind":"plan","digest":"' + b"a" * 5_000_000 + b'"}', id="a-long-text"),
        pytest.param(b"\x00" * 1_000_000, id="zeros"),
    ],
)
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.timeout(20)
def test_a_bomb_is_refused_in_little_time(kind: str, content: bytes, path: Path) -> None:
    path.write_bytes(content)
    with pytest.raises(PlanFileError):
        FILES[kind][1](path)
