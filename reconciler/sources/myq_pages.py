"""MyQ's lists, read page by page to a proven end.

Paging is documented nowhere (myq.md section 6.3): `offset`, `limit` and a `count` of all are assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from reconciler.errors import ReconcilerError
from reconciler.sources.myq_api import Api

MISREAD: Final = "this release of MyQ may answer otherwise than assumed; nothing was concluded from it"


class Pages:
    """The pages of one list; `arrived` and `pages` count what came, once it was read through."""

    def __init__(self, api: Api, operation: str, key: str, page_size: int) -> None:
        self.arrived = 0
        self.pages = 0
        self._api = api
        self._operation = operation
        self._key = key
        self._page_size = page_size

    def __iter__(self) -> Iterator[list[Any]]:
        """Yield each page's entries; raise `failed` of the api unless all of them came, each once."""
        ids: set[str] = set()
        self.arrived, self.pages = 0, 0
        total: int | None = None
        while total is None or self.arrived < total:
            query = {"offset": self.arrived, "limit": self._page_size}
            told = self._api.call(self._operation, query=query)
            entries = listed(self._api, told, self._key)
            if total not in {None, told["count"]}:
                raise self._doubt(f"the count went from {total} to {told['count']} while it was read")
            total = int(told["count"])
            if not entries and self.arrived < total:
                raise self._doubt(f"{self.arrived} of {total} came")
            ids.update(str(entry["id"]) for entry in entries if _has_id(entry))
            self.arrived += len(entries)
            self.pages += 1
            yield entries
        if len(ids) != self.arrived or self.arrived != total:
            raise self._doubt(f"{total} are said to be there, {self.arrived} came, {len(ids)} different ones")

    def _doubt(self, what: str) -> ReconcilerError:
        return self._api.failures.failed(
            f"MyQ's list of {self._key} was not read to the end: {what}",
            hint="somebody may be changing users right now; run again when MyQ is quiet",
            where=self._api.url,
        )


def listed(api: Api, told: Any, key: str) -> list[Any]:  # noqa: ANN401  JSON
    """Return the entries of an answer that has them, and their count; raise `failed` otherwise."""
    if not isinstance(told, dict) or not isinstance(told.get(key), list) or not _is_count(told.get("count")):
        raise api.failures.failed(f"MyQ's answer holds no list of {key}", hint=MISREAD, where=api.url)
    entries: list[Any] = told[key]
    return entries


def is_id(value: object) -> bool:
    """Return whether a value can be MyQ's id of something: a number or a text, and not nothing."""
    return isinstance(value, int | str) and not isinstance(value, bool) and value != ""


def _has_id(entry: object) -> bool:
    return isinstance(entry, dict) and is_id(entry.get("id"))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
