"""A specification fetched, read, and bound: the work behind ``doctor --spec``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from reconciler.core.model import INDEX
from reconciler.errors import ManifestError, ReconcilerError, TargetError, UsageError
from reconciler.manifest.load import load_projects
from reconciler.manifest.models import RestAccess
from reconciler.myq.openapi.bind import Findings, State, bind
from reconciler.myq.openapi.spec import read_specification
from reconciler.pipeline.connect import http_of
from reconciler.pipeline.plan import Run
from reconciler.sources.myq_binding import PURPOSES
from reconciler.sources.strict import camel
from reconciler.sources.web import Http

_NAME = re.compile(r"[^a-z0-9]+")


def findings_of(run: Run, spec: str, name: str) -> Findings:
    """Return what a specification offers, from a file or an address.

    Where the address is of a server of the project, its certificates are believed as the project says.
    """
    targets = _targets(run.folder)
    is_address = spec.startswith(("http://", "https://"))
    raw = _fetched(run, spec, targets) if is_address else _read(spec)
    source = urlsplit(spec).path.rpartition("/")[2] if is_address else Path(spec).name
    prefixes = {urlsplit(rest.url).path.rstrip("/") for rest in targets}
    return bind(read_specification(raw, spec), name, source, prefixes.pop() if len(prefixes) == 1 else "")


def name_of(out: Path | None) -> str:
    """Return the name of a binding, after the file that it is written to."""
    return _NAME.sub("-", (out.stem if out else "").lower()).strip("-")[:60].strip("-") or "myq"


def table(findings: Findings) -> Iterator[str]:
    """Yield the lines that tell what was found, what is missing, and what is to be chosen."""
    spec = findings.specification
    yield f"{spec.title or 'The specification'}: OpenAPI {spec.version}, {len(spec.endpoints)} operations"
    yield ""
    width = max(map(len, map(camel, PURPOSES)))
    for row in findings.rows:
        told = (
            f"{row.operation.method} {row.operation.path}"
            if row.operation is not None
            else PURPOSES[row.need]
        )
        yield f"{camel(row.need):{width}}  {row.state:9}  {told}".rstrip()
        for reason in row.reasons if row.state is State.AMBIGUOUS else _told(row.reasons):
            yield f"{'':{width}}             {reason}"
    yield ""
    yield from _properties(findings, width)
    yield from (f"note: {note}" for note in findings.notes)


def _told(reasons: tuple[str, ...]) -> Iterator[str]:
    if len(reasons) > 1:
        yield "; ".join(reasons[1:])


def _properties(findings: Findings, width: int) -> Iterator[str]:
    objects = findings.objects
    fields = {} if objects.user is None else objects.user.fields
    for prop in INDEX:
        if prop in fields:
            shape = fields[prop]
            limits = [] if shape.key else ["not shown in the list of users"]
            limits += [] if shape.written else ["not written with the user"]
            told = shape.key or shape.written
            told += f" ({', '.join(limits)})" if limits else ""
            yield f"{prop.value:{width}}  {State.FOUND:9}  {told}"
        else:
            why = objects.unclear.get(prop.value, "")
            state = State.AMBIGUOUS if why else State.MISSING
            yield f"{prop.value:{width}}  {state:9}  {why}".rstrip()
    for part in ("deleted", "group"):
        if part in objects.unclear:
            yield f"{part:{width}}  {State.AMBIGUOUS:9}  {objects.unclear[part]}"


def _targets(folder: Path) -> list[RestAccess]:
    """Return the servers of the project; a specification can be looked at before there is one."""
    try:
        projects = load_projects(folder)
    except (ManifestError, UsageError):
        return []
    return [project.target.spec.rest for project in projects if project.target.spec.rest is not None]


def _read(spec: str) -> bytes:
    try:
        return Path(spec).read_bytes()
    except OSError as error:
        raise ReconcilerError(
            f"the specification cannot be read: {error.strerror}",
            hint="give the OpenAPI file that came with the installation, or its address",
            where=spec,
        ) from None


def _fetched(run: Run, url: str, targets: list[RestAccess]) -> bytes:
    of_ours = next((rest for rest in targets if urlsplit(rest.url)[1] == urlsplit(url)[1]), None)
    http = Http(connections=1) if of_ours is None else http_of(of_ours, run.surroundings)
    with http:
        answer = http.get(url, {"Accept": "application/json, application/yaml, */*"})
    if answer.status != HTTPStatus.OK:
        raise TargetError(
            f"the server answers {answer.status} instead of a specification",
            hint="look at the address; where it wants a sign-in, download the file and give that",
            where=url.partition("?")[0],
        )
    return answer.body
