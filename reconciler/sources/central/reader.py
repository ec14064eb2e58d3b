"""Reads the users of a MyQ Central: by its REST API, or from the list that it exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from reconciler.core.dialect import PROPERTIES
from reconciler.core.groups import ALL_USERS
from reconciler.core.model import Batch, Cell, Fact, Read, Reading
from reconciler.errors import SourceDataError, SourceUnavailable
from reconciler.sources.base import Surroundings
from reconciler.sources.central import CentralExport, CentralSpec
from reconciler.sources.central.choice import USER_NAME, Choice
from reconciler.sources.csv_dialect.reader import CsvReader
from reconciler.sources.json_cells import cell_of
from reconciler.sources.myq_api import Api, Failures
from reconciler.sources.myq_binding import TOKEN, Evidence, Operation, Paging
from reconciler.sources.myq_fields import FIELDS
from reconciler.sources.myq_json import is_id
from reconciler.sources.myq_pages import MISREAD, Pages
from reconciler.sources.myq_token import Credentials
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http

OPERATIONS: Final = MappingProxyType(
    {
        "token": TOKEN,
        "list_users": Operation(
            "GET",
            "/api/v2/users/all",
            Evidence.ASSUMED,
            "myq.md 6.3, unknown",
            entries="users",
            paging=Paging(),
        ),
        "list_groups": Operation(
            "GET",
            "/api/v2/groups",
            Evidence.ASSUMED,
            "myq.md 6.3, unknown",
            entries="groups",
            paging=Paging(),
        ),
    }
)
"""The guides for Central say /v2 where those for print servers say /v3 (myq.md section 6.1)."""

COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {FIELDS[prop]: column for column, prop in PROPERTIES.items() if prop in FIELDS}
)
"""The column of an exported list that holds what the API calls so."""

_ELSEWHERE: Final = ("env:", "file:", "keyring:")

_FAILURES: Final = Failures(
    failed=SourceUnavailable,
    rejected=SourceDataError,
    lacking="the documented GET /api/v2/users answers nothing without a filter (myq.md section 6.3): "
    "export the users of Central as CSV, and name the file as `export`",
    refused="MyQ's own words say why; `export` reads a list that Central exported instead",
)


@dataclass(frozen=True, slots=True)
class ApiReader:
    """Reads Central by its REST API; the origin is the address of the user there."""

    spec: CentralSpec
    surroundings: Surroundings = field(repr=False)
    patience: Patience | None = None

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield the users who are not deleted, a page at a time; none of MyQ's own, such as ``*admin``."""
        spec = self.spec
        ca_file = None if spec.ca_file is None else self.surroundings.folder / spec.ca_file
        with Http(ca_file=ca_file, connections=1, patience=self.patience) as http:
            api = self._api(http)
            choice = Choice(spec.users, attributes)
            groups = self._groups(api, choice)
            columns = _Columns(choice.attributes, api.url)
            users = Pages(api, "list_users", "users", spec.page_size)
            for page in users:
                batch = choice.of(columns.batch(page))
                if batch.origins:
                    yield batch
        columns.check()
        choice.check(api.url)
        facts = (
            Fact("users", f"{users.arrived}, as many as counted, in {users.pages} pages"),
            Fact("left out: deleted", str(columns.deleted)),
            *choice.facts(),
        )
        return Reading(choice.kept, facts, groups, counted=users.arrived)

    def _api(self, http: Http) -> Api:
        spec, secret = self.spec, self.surroundings.secret
        name = spec.client_id or ""
        client_id = secret(name) if name.startswith(_ELSEWHERE) else name
        credentials = Credentials(client_id, secret(spec.client_secret or ""), spec.scope)
        return Api(spec.url or "", credentials, http, OPERATIONS, _FAILURES)

    def _groups(self, api: Api, choice: Choice) -> tuple[str, ...]:
        """Return the groups to create even without members; a selected group may have none today."""
        if not (self.spec.import_empty_groups or self.spec.users.in_groups):
            return ()
        paths = [_path(entry, api.url) for page in Pages(api, "list_groups", "groups", 500) for entry in page]
        selected = choice.meet(path for path in paths if path != ALL_USERS)
        under = self.spec.options.import_groups_under
        placed = (f"{under}|{path}" if under else path for path in selected)
        return tuple(sorted(placed)) if self.spec.import_empty_groups else ()


@dataclass(frozen=True, slots=True)
class ExportReader:
    """Reads the list of users that Central exported; the origin is a line of it."""

    spec: CentralSpec
    export: CentralExport
    path: Path

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield the users; attributes have their names of the API, or those of the file's columns."""
        name, may_be_empty = self.export.file, self.spec.expect.minimum_records == 0
        choice = Choice(self.spec.users, attributes)
        columns = tuple(COLUMNS.get(attribute, attribute) for attribute in choice.attributes)
        file = CsvReader(self.path, name, self.export, may_be_empty=may_be_empty)
        with closing(file.read(columns)) as read:
            reading = yield from _chosen(read, choice)
        choice.check(name)
        return Reading(choice.kept, (*reading.facts, *choice.facts()))


def _chosen(read: Read, choice: Choice) -> Read:
    while True:
        try:
            batch = next(read)
        except StopIteration as end:
            reading: Reading = end.value
            return reading
        chosen = choice.of(batch)
        if chosen.origins:
            yield chosen


class _Columns:
    """Users of an answer to columns; remembers which attributes the server has at all."""

    def __init__(self, attributes: Sequence[str], url: str) -> None:
        self.deleted = 0
        self._attributes = attributes
        self._url = url
        self._place = urlsplit(url).netloc
        self._absent = set(attributes)
        self._met_anybody = False

    def batch(self, page: Sequence[Any]) -> Batch:
        """Return the users of one page who are not deleted."""
        users = list(self._users(page))
        origins = [f"{self._place}/users/{user['id']}" for user in users]
        return Batch(origins, [[self._cell(user, name) for user in users] for name in self._attributes])

    def check(self) -> None:
        """Refuse attributes that the server has of nobody, not even empty."""
        if self._met_anybody and self._absent:
            raise SourceDataError(
                f"Central says of nobody {', '.join(sorted(self._absent))}",
                hint="spell it as MyQ's API does, such as username, fullname, code; what this release does "
                "not tell, an exported list may have: `export`",
                where=self._url,
            )

    def _users(self, page: Sequence[Any]) -> Iterator[dict[str, Any]]:
        for user in page:
            if not isinstance(user, dict) or not is_id(user.get("id")) or not user.get(USER_NAME):
                raise self._misread("a user without id or username")
            self._met_anybody = True
            self._absent.difference_update(user)
            if user.get("deleted", False):
                self.deleted += 1
            else:
                yield user

    def _cell(self, user: dict[str, Any], name: str) -> Cell:
        value = user.get(name)
        cell = "" if value is None else cell_of(str(value) if name == "id" else value)
        if cell is None:
            raise self._misread(f"{name} is neither a text nor a list of texts")
        return cell

    def _misread(self, what: str) -> SourceDataError:
        return SourceDataError(f"MyQ's answer cannot be understood: {what}", hint=MISREAD, where=self._url)


def _path(entry: object, url: str) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise SourceDataError("Central lists a group without a path", hint=MISREAD, where=url)
    return str(entry["path"])
