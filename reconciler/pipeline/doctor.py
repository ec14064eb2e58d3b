"""What is there and what is missing: every source and server reached, nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple

from reconciler.core.model import INDEX, SYSTEM_USER_MARK
from reconciler.errors import ReconcilerError
from reconciler.manifest.load import Project
from reconciler.manifest.models import RestAccess
from reconciler.myq.client import Client
from reconciler.pipeline.connect import client_of, read_state
from reconciler.pipeline.plan import Run
from reconciler.sources.base import Reader
from reconciler.sources.myq_binding import PURPOSES, SEVERAL, Binding, Operation, Style
from reconciler.sources.myq_json import MISSING, at, is_id
from reconciler.sources.strict import camel

OK, MISSING_STATE, FAILED, UNTRIED = "ok", "missing", "FAILED", "not tried"

_OPTIONAL = frozenset(
    {
        "add_pin",
        *(name for several in SEVERAL.values() for name in (several.list, several.add, several.remove)),
    }
)
"""Needed only where users' own objects do not hold these values."""


class Check(NamedTuple):
    """One thing that was looked at: whether it is well, what was seen, and what to do if it is not."""

    subject: str
    state: str
    told: str
    hint: str = ""


def examine(run: Run, project: Project) -> Iterator[Check]:
    """Yield what each source of a target, and its server, answers; raise nothing for what does not."""
    for rules, spec in project.sources:
        subject = f"source {rules.name}"
        try:
            run.say(f"reaching {rules.name}")
            told = _first(spec.reader(run.surroundings), rules.attributes)
        except ReconcilerError as error:
            yield Check(subject, FAILED, f"{rules.kind}: {_where(error)}{error.message}", error.hint)
        else:
            yield Check(subject, OK, f"{rules.kind}: {told}")
    spec_of = project.target.spec
    if spec_of.read == "csv":
        yield _export(run, project)
    if spec_of.rest is not None:
        yield from _server(run, project, spec_of.rest)


def _first(reader: Reader, attributes: tuple[str, ...]) -> str:
    """Return what a source answers first; the rest of it is not read."""
    with closing(reader.read(attributes)) as read:
        batch = next(read, None)
    return "reached; it has no records" if batch is None else f"reached; {len(batch.origins)} records at once"


def _export(run: Run, project: Project) -> Check:
    subject = f"export of {project.target.name}"
    try:
        actual = read_state(project.target.spec, run.surroundings)
    except ReconcilerError as error:
        return Check(subject, FAILED, f"{_where(error)}{error.message}", error.hint)
    hidden = sorted(prop.value for prop in INDEX if prop not in actual.readable)
    unseen = f"; it does not show {', '.join(hidden)}" if hidden else ""
    return Check(subject, OK, f"{len(actual.accounts)} accounts{unseen}")


def _server(run: Run, project: Project, rest: RestAccess) -> Iterator[Check]:
    name = project.target.name
    run.say(f"reaching {name}")
    try:
        with client_of(rest, run.surroundings) as client:
            yield _token(name, client, rest)
            yield from _operations(name, client)
    except ReconcilerError as error:
        yield Check(f"server {name}", FAILED, f"{_where(error)}{error.message}", error.hint)


def _token(name: str, client: Client, rest: RestAccess) -> Check:
    granted = client.sign_in()
    plain = ", over plain http" if rest.url.startswith("http:") else ""
    unchecked = ", without checking who answers (insecureTls)" if rest.insecure_tls else ""
    told = (
        f"signed in at {client.url}{plain}{unchecked}; scopes granted: {' '.join(sorted(granted)) or 'none'}"
    )
    return Check(f"server {name}", OK, told)


def _operations(name: str, client: Client) -> Iterator[Check]:
    """Yield for each operation whether there is one, and whether it answers where asking changes nothing."""
    binding = client.binding
    some: dict[str, Any] = {}
    for need in PURPOSES:
        operation = binding.operations.get(need)
        subject = f"{name}: {camel(need)}"
        if operation is None:
            if need not in _OPTIONAL:
                told = f"no operation to {PURPOSES[need]}"
                yield Check(
                    subject, MISSING_STATE, told, "`doctor --spec` looks for it in the installation's file"
                )
            continue
        if need == "token":
            continue
        about = f"{operation.method} {operation.path} ({operation.evidence})"
        if operation.method != "GET":
            yield Check(subject, UNTRIED, f"{about}: it would change something")
            continue
        yield _asked(subject, about, client, need, operation, some)


def _asked(
    subject: str, about: str, client: Client, need: str, operation: Operation, some: dict[str, Any]
) -> Check:
    try:
        return _answer(subject, about, client, need, operation, some)
    except ReconcilerError as error:
        return Check(subject, FAILED, f"{about}: {error.message}", error.hint)


def _answer(
    subject: str, about: str, client: Client, need: str, operation: Operation, some: dict[str, Any]
) -> Check:
    if need in {"list_users", "list_groups"}:
        told = client.call(need, query=_one_page(operation))
        entries = at(told, operation.entries)
        if not isinstance(entries, list):
            return Check(subject, FAILED, f"{about}: no list in {operation.entries or 'the answer'}", _MEND)
        _remember(need, entries, client.binding, some)
        return Check(subject, OK, f"{about}: {len(entries)} on the first page")
    if need == "find_users":
        client.call(need, {"name": some.get("name", f"{SYSTEM_USER_MARK}admin")}, absent=True)
        return Check(subject, OK, f"{about}: answers")
    if "user" not in some:
        return Check(subject, UNTRIED, f"{about}: there is no user to ask about")
    told = client.call(need, {"user": some["user"]}, absent=True)
    if need == "get_user" and at(told, f"{operation.entity}.{client.binding.user.id}".lstrip(".")) is MISSING:
        return Check(subject, FAILED, f"{about}: no user in {operation.entity or 'the answer'}", _MEND)
    return Check(subject, OK, f"{about}: answers")


_MEND = "the binding says otherwise than the server does: mend it, or make it again from the specification"


def _one_page(operation: Operation) -> dict[str, str | int]:
    """Return the query for the first page."""
    paging = operation.paging
    if paging is None:
        return {}
    size: dict[str, str | int] = {paging.size: 5} if paging.size else {}
    numbered = paging.style in {Style.OFFSET, Style.PAGE}
    return size | ({paging.start: paging.first} if numbered else {})


def _remember(need: str, entries: list[Any], binding: Binding, some: dict[str, Any]) -> None:
    """Keep a user, and its name, for the questions that need one."""
    if need != "list_users":
        return
    for entry in entries:
        id_ = at(entry, binding.user.id)
        if is_id(id_):
            some["user"] = id_
            name = next((at(entry, shape.key) for shape in binding.user.fields.values()), MISSING)
            if isinstance(name, str):
                some["name"] = name


def _where(error: ReconcilerError) -> str:
    return f"{error.where}: " if error.where else ""
