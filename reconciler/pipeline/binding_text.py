"""A binding file as `doctor --spec` writes it: what is certain, and as comments what is to be chosen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

from reconciler.core.model import INDEX, Property
from reconciler.manifest.binding import EVIDENCE
from reconciler.myq.openapi.bind import Findings, Row, State
from reconciler.sources.myq_binding import (
    PURPOSES,
    Deleted,
    FieldShape,
    GroupShape,
    Operation,
    Paging,
    Reference,
    UserShape,
)
from reconciler.sources.strict import camel

Node: TypeAlias = Any
"""What YAML can hold: a mapping, a list, a text."""

_PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9_/-]*")
_NOT_TEXT: Final = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_WORDS: Final = {evidence: word for word, evidence in EVIDENCE.items()}


def binding_text(findings: Findings, name: str, source: str) -> str:
    """Return the binding file for what was found in a specification."""
    title = _line(findings.specification.title) or "this installation"
    lines = [
        f"# How the REST interface of {title} is spoken, as found in {_line(source)}.",
        "# Look at every row. What stands in comments is not used: choose by taking the marks away.",
        "# A Target refers to this file by `rest: {binding: FILE}`. See docs/rest-binding.md.",
        "apiVersion: myq.reconciler/v1",
        "kind: RestBinding",
        f"metadata: {{name: {name}}}",
        "spec:",
        *_user(findings),
        *_group(findings),
        "  operations:",
    ]
    for row in findings.rows:
        lines += _row(row)
    return "\n".join(lines) + "\n"


def _user(findings: Findings) -> Iterator[str]:
    user = findings.objects.user
    if user is None:
        yield "  # Nothing in the file shows what a user looks like: fill this in."
        yield "  user:"
        yield "    fields: {}"
        return
    yield "  user:"
    yield from _indented(_user_head(user), 2)
    if user.deleted is None:
        told = findings.objects.unclear.get("deleted", "nothing found that says of a user to be deleted")
        yield f"    # deleted: {{key: ...}}  {_line(told)}"
    yield "    fields:"
    for prop in INDEX:
        if prop in user.fields:
            yield from _indented({prop.value: _field(user.fields[prop])}, 3)
        else:
            why = findings.objects.unclear.get(prop.value, "not found")
            yield f"      # {prop.value}: ...  {_line(why)}"


def _user_head(user: UserShape) -> Node:
    head: dict[str, Node] = {"id": user.id, "idType": "number" if user.numeric else "text"}
    if user.deleted is not None:
        head["deleted"] = _deleted(user.deleted)
    return head | ({"pins": user.pins} if user.pins else {})


def _deleted(deleted: Deleted) -> Node:
    return {
        "key": deleted.key,
        "when": sorted(deleted.when, reverse=True),
        "otherwise": sorted(deleted.otherwise, reverse=True),
    }


def _field(shape: FieldShape) -> Node:
    if shape == FieldShape(shape.key, shape.key):
        return shape.key
    told: dict[str, Node] = {"key": shape.key} if shape.key else {}
    if not shape.written:
        told["readOnly"] = True
    elif shape.written != shape.key:
        told["written"] = shape.written
    told |= {"item": shape.item} if shape.item else {}
    told |= {"joined": shape.joined} if shape.joined else {}
    return told | ({"by": shape.reference.value} if shape.reference is not Reference.PATH else {})


def _group(findings: Findings) -> Iterator[str]:
    group = findings.objects.group
    if group is None:
        told = findings.objects.unclear.get("group", "nothing in the file lists groups")
        yield f"  # group: {{id: ..., path: ..., separator: ...}}  {_line(told)}"
        return
    yield "  group:"
    yield from _indented(_group_shape(group), 2)


def _group_shape(group: GroupShape) -> Node:
    told: dict[str, Node] = {"id": group.id, "idType": "number" if group.numeric else "text"}
    if group.path:
        return told | {"path": group.path, "separator": group.separator}
    return told | {"name": group.name, "parent": group.parent}


def _row(row: Row) -> Iterator[str]:
    purpose = f"    # To {PURPOSES[row.need]}: {row.state}"
    reasons = [_line(reason) for reason in row.reasons]
    if row.state is State.AMBIGUOUS:
        yield f"{purpose}; choose one, and take its marks away."
        yield from (f"    #   {reason}" for reason in reasons)
        for choice in row.choices:
            yield from (f"    # {line[4:]}" for line in _indented({camel(row.need): _operation(choice)}, 2))
        return
    yield f"{purpose}; {'; '.join(reasons)}." if reasons else f"{purpose}."
    if row.operation is not None:
        yield from _indented({camel(row.need): _operation(row.operation)}, 2)


def _operation(operation: Operation) -> Node:
    told: dict[str, Node] = {
        "method": operation.method,
        "path": operation.path,
        "evidence": _WORDS[operation.evidence],
        "source": _line(operation.source),
    }
    if operation.repeatable is not (operation.method != "POST"):
        told["repeatable"] = operation.repeatable
    told |= {
        key: value
        for key, value in (
            ("query", dict(operation.query)),
            ("body", json.dumps(dict(operation.body)) if operation.body else ""),
            ("asked", dict(operation.asked)),
            ("told", dict(operation.told)),
            ("entries", operation.entries),
            ("entryId", operation.entry_id if operation.entry_id != "id" else ""),
            ("entity", operation.entity),
            ("wrap", operation.wrap),
            ("whole", operation.whole),
            ("carried", list(operation.carried)),
            ("form", operation.form),
        )
        if value
    }
    if operation.accepts is not None:
        told["accepts"] = [prop.value for prop in Property if prop in operation.accepts]
    return told | ({} if operation.paging is None else {"paging": _paging(operation.paging)})


def _paging(paging: Paging) -> Node:
    told = {"style": paging.style.value, "start": paging.start, "size": paging.size, "count": paging.count}
    told |= {"first": str(paging.first) if paging.first else "", "next": paging.next}
    return {key: value for key, value in told.items() if value}


def _indented(node: Mapping[str, Node], level: int) -> Iterator[str]:
    """Yield the lines of a mapping; what has no mapping in it stands on one line."""
    margin = "  " * level
    for key, value in node.items():
        if isinstance(value, dict) and len(value) > 4:  # noqa: PLR2004  more does not fit on a line
            yield f"{margin}{_scalar(key)}:"
            yield from _indented(value, level + 1)
        else:
            yield f"{margin}{_scalar(key)}: {_flow(value)}"


def _flow(value: Node) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_scalar(key)}: {_flow(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return str(value).lower() if isinstance(value, bool) else _scalar(value)


def _scalar(text: str) -> str:
    """Return a text as YAML that says nothing else: bare where that is safe, else in quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    return "'" + text.replace("'", "''") + "'"


def _line(text: str) -> str:
    """Return a text for a comment: one line, and nothing in it that cannot be seen."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
