"""The control endpoints as methods: what demos and tests do to a running simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from reconciler.errors import UsageError

_FAILED = 400


class Remote:
    """A running simulator, seen through /simulator/."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/simulator"
        self._http = urllib3.PoolManager(retries=False, timeout=120)

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def seed(self, users: Sequence[Mapping[str, Any]] = (), groups: Sequence[str] = ()) -> int:
        """Add users (API field names, `pins` and `deleted` beside) and groups; return the first id."""
        first: int = self._post("seed", {"users": users, "groups": groups})["first_id"]
        return first

    def users(self) -> dict[str, dict[str, Any]]:
        """Return all but the system users by user name, PINs included."""
        return {user["username"]: user for user in self.state()["users"] if not user["system"]}

    def state(self) -> dict[str, Any]:
        """Return `users`, `groups` (paths) and `switches`."""
        return self._get("state")

    def log(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the effects since that sequence number: seq, request, operation, user, what."""
        effects: list[dict[str, Any]] = self._get(f"log?after={after}")["effects"]
        return effects

    def requests(self) -> list[dict[str, Any]]:
        """Return the API requests so far: request, operation, method, path, query, status (0: cut)."""
        seen: list[dict[str, Any]] = self._get("requests")["requests"]
        return seen

    def fault(self, **settings: object) -> None:
        """Let a fault lie in wait, as in ``fault(kind="error", status=503, times=2)``."""
        self._post("faults", settings)

    def faults(self) -> list[dict[str, Any]]:
        """Return the faults in wait, with how many requests each has seen and hit."""
        pending: list[dict[str, Any]] = self._get("faults")["faults"]
        return pending

    def clear_faults(self) -> None:
        """Remove all faults."""
        self._call("DELETE", "faults")

    def switch(self, **switches: object) -> None:
        """Set switches by name."""
        self._post("switches", switches)

    def reset(self) -> None:
        """Empty the simulator and put its first switches and faults back."""
        self._post("reset", {})

    def export_csv(self, *columns: str) -> bytes:
        """Return the exported user list, with further columns behind the documented ones."""
        return self._call("GET", f"export.csv?columns={','.join(columns)}")

    def import_csv(self, content: bytes, **settings: object) -> dict[str, Any]:
        """Run a synchronization over a CSV file and return its report: cancelled, counts, results.

        Settings have their camelCase names, as in ``addNewUsers=True`` (see `CsvSettings`).
        """
        report: dict[str, Any] = orjson.loads(self._call("POST", f"import?{urlencode(settings)}", content))
        return report

    def import_report(self) -> dict[str, Any]:
        """Return the report of the last or current run so far, and whether it is `running`."""
        return self._get("import")

    def cancel_import(self) -> None:
        """Let the current run end early; what it has done stays done."""
        self._post("import/cancel", {})

    def _get(self, path: str) -> dict[str, Any]:
        content: dict[str, Any] = orjson.loads(self._call("GET", path))
        return content

    def _post(self, path: str, content: object) -> dict[str, Any]:
        answer: dict[str, Any] = orjson.loads(self._call("POST", path, orjson.dumps(content)))
        return answer

    def _call(self, method: str, path: str, body: bytes = b"") -> bytes:
        answer = self._http.request(method, f"{self._url}/{path}", body=body)
        if answer.status >= _FAILED:
            words = orjson.loads(answer.data)
            raise UsageError(words["message"], hint=words.get("hint", ""), where=f"{self._url}/{path}")
        return answer.data
