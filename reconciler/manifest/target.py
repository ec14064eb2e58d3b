"""The Target, from its manifest to a value."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from posixpath import normpath
from urllib.parse import SplitResult, urlsplit

from reconciler.core.assumptions import Assumptions
from reconciler.core.normal import clean
from reconciler.errors import Place, Problem
from reconciler.manifest.check import Manifest
from reconciler.manifest.models import TargetSpec

_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """One MyQ server. `identity` names it in plans and approvals; `can_write` is whether apply can.

    `address` is that of its REST API in the one way it is written, "" without.
    """

    name: str
    identity: str
    spec: TargetSpec
    assumptions: Assumptions
    can_write: bool
    place: Place
    address: str = ""

    @property
    def export(self) -> str:
        """The file with the exported list of users, "" without."""
        return (self.spec.csv.export or "") if self.spec.csv else ""

    @property
    def import_file(self) -> str:
        """The file to import, where the target is written by CSV; "" elsewhere."""
        return (self.spec.csv.import_ or "") if self.spec.csv and self.spec.write == "csv" else ""


def compile_target(manifest: Manifest, spec: TargetSpec, problems: list[Problem]) -> Target:
    """Return the compiled target; add what is wrong with it to the problems."""
    problems += _access(manifest, spec)
    url = ""
    if spec.rest is not None:
        fact, hint = _unfit(spec.rest.url, insecure=spec.rest.insecure_tls)
        if fact:
            problems.append(
                Problem(manifest.places.value(("spec", "rest", "url")), f"spec.rest.url: {fact}", hint)
            )
        else:
            url = normal_url(spec.rest.url)
    return Target(
        name=manifest.name,
        identity=clean(spec.identity or "") or url or manifest.name,
        spec=spec,
        assumptions=Assumptions(**spec.assumptions.model_dump()),
        can_write=spec.write == "csv" or spec.rest is not None,
        place=manifest.named_at,
        address=url,
    )


def normal_url(url: str) -> str:
    """Return a server's address as it is always written: lower case, no default port, no slash at the end."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _access(manifest: Manifest, spec: TargetSpec) -> Iterator[Problem]:
    if spec.rest is None and spec.csv is None:
        hint = "add `rest:` with url, clientId and clientSecret, or `csv:` with an exported user list"
        yield Problem(manifest.place(), "the target says of no way to reach MyQ", hint)
    else:
        yield from _reading(manifest, spec)
    if spec.write == "rest" and spec.rest is None:
        yield Problem(
            manifest.place("write"),
            "the target is written through rest, and spec.rest is not there",
            "add `rest:`, or remove `write`",
        )
    yield from _importing(manifest, spec)


def _reading(manifest: Manifest, spec: TargetSpec) -> Iterator[Problem]:
    if spec.read == "rest" and spec.rest is None:
        yield Problem(
            manifest.place("read"),
            "the target is read through rest, and spec.rest is not there",
            "add `rest:`, or write `read: csv`",
        )
    elif spec.read == "csv" and (spec.csv is None or spec.csv.export is None):
        yield Problem(
            manifest.place("read"),
            f"the target is read from csv, and spec.csv{'.export' if spec.csv else ''} is not there",
            "add `csv:` with `export:`, the exported user list",
        )


def _importing(manifest: Manifest, spec: TargetSpec) -> Iterator[Problem]:
    csv = spec.csv
    if spec.write != "csv":
        if csv is not None and csv.import_ is not None:
            yield Problem(
                manifest.place("csv", "import"),
                "a file to import is named, and the target is not written by csv",
                "add `write: csv`, or remove `import`",
            )
    elif csv is None or csv.import_ is None:
        yield Problem(
            manifest.place("write"),
            f"the target is written by csv, and spec.csv{'.import' if csv else ''} is not there",
            "add `csv:` with `import:`, where the file to import is put",
        )
    elif csv.export is not None and normpath(csv.import_) == normpath(csv.export):
        yield Problem(
            manifest.place("csv", "import"),
            "the file to import is the exported one, which would be lost",
            "name another file",
        )


def _unfit(url: str, *, insecure: bool) -> tuple[str, str]:
    """Return why a URL is no address of a server to send a secret to, and what to do."""
    example = "write it as `https://myq.example.org:8090`"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"this is no address: {error}", example
    if parts.scheme not in _PORTS or not parts.hostname or any(character.isspace() for character in url):
        return "this is no address of a web server", example
    if "@" in parts.netloc:
        return (
            "the address holds a user name or a password",
            "leave them out, and change that password; see clientSecret",
        )
    if parts.query or parts.fragment:
        return "the address holds more than a server and a path", example
    if parts.scheme == "http" and not insecure and not _loopback(parts):
        return (
            "over plain http the token would travel in clear",
            "write https, or add `insecureTls: true` where that is meant",
        )
    return "", ""


def _loopback(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
