"""One apply, or one bare client that sends what an apply sent: ``apply_once.py WHAT URL CONNECTIONS FOLDER``.

WHAT is ``record``, ``apply`` or ``bare``. It prints what it took as one line of JSON.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import urllib3

from reconciler.cli.progress import watching
from reconciler.core.change import Action, Change, FieldChange, sort_key
from reconciler.core.model import Account
from reconciler.core.outcome import Outcome, Status
from reconciler.ledger import open_ledger
from reconciler.myq.apply import Applying
from reconciler.myq.client import Client
from reconciler.myq.rest import RestServer
from reconciler.pipeline.journal import Kept
from reconciler.sources.answer import Answer
from reconciler.sources.myq_token import Credentials
from reconciler.sources.pace import Pace
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http

Request = tuple[str, str, str]

CREDENTIALS = Credentials("reconciler", "not-a-secret")
_RECORDED = "requests.json"


class Recording(Http):
    """Remembers each request in the order in which it was sent; not that for the token."""

    def __init__(self, connections: int) -> None:
        super().__init__(connections=connections, pace=Pace())
        self.sent: list[Request] = []

    def send(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None, *, again: bool
    ) -> Answer:
        """Send it and remember it."""
        if not url.endswith("/token"):
            self.sent.append((method, url, (body or b"").decode()))
        return super().send(method, url, body, headers, again=again)


def main(what: str, url: str, connections: int, folder: Path) -> dict[str, float]:
    """Do it and return the seconds, the megabytes that it took on top, and how many were done."""
    if what == "bare":
        return _bare(url, connections, json.loads((folder / _RECORDED).read_bytes()))
    with Recording(connections) if what == "record" else Http(connections=connections, pace=Pace()) as http:
        server = RestServer(Client(url, CREDENTIALS, http))
        accounts = enumerate(server.read_state().accounts)
        changes = sorted((change for at, one in accounts for change in _of(at, one)), key=sort_key)
        if isinstance(http, Recording):
            http.sent.clear()
        measured = _apply(server, changes, connections, folder)
        if isinstance(http, Recording):
            (folder / _RECORDED).write_text(json.dumps(http.sent), encoding="utf-8")
    return measured


def _apply(server: RestServer, changes: Sequence[Change], connections: int, folder: Path) -> dict[str, float]:
    """Carry the changes out as the program does, with a journal, and a line for each."""
    now = datetime.now(UTC)
    with (
        closing(open_ledger(None, folder)) as ledger,
        ledger.journal("bench", now) as journal,
        watching() as watch,
    ):
        kept = Kept("bench", journal, changes, b"a salt")
        applying = Applying(server, concurrency=connections, told=watch.ended, journal=kept)
        ended: list[Outcome] = []
        with _measured() as measured:
            ended += applying.run(changes)
    measured["done"] = sum(one.status is Status.APPLIED for one in ended)
    return measured


def _bare(url: str, connections: int, requests: Sequence[Request]) -> dict[str, float]:
    timeout = Patience().timeout  # as an apply has it: nobody sends without one, and it costs a call or two
    http = urllib3.PoolManager(maxsize=connections, block=True, retries=False, timeout=timeout)
    asked = {
        "grant_type": "client_credentials",
        "scope": CREDENTIALS.scope,
        "client_id": CREDENTIALS.client_id,
        "client_secret": CREDENTIALS.client_secret,
    }
    token = http.request("POST", f"{url}/api/auth/token", body=json.dumps(asked)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    left = iter(requests)

    def send() -> int:
        done = 0
        for method, address, body in left:
            answer = http.request(method, address, body=body.encode() or None, headers=headers)
            done += answer.status < 300
        return done

    with _measured() as measured:
        done = _together(send, connections)
    # It knows of no order, so that now and then it updates somebody before it has undeleted them.
    if done < 0.9 * len(requests):
        sys.exit(f"{len(requests) - done} of {len(requests)} requests went wrong")
    measured["done"] = done
    return measured


def _together(send: Callable[[], int], connections: int) -> int:
    with ThreadPoolExecutor(connections) as pool:
        return sum(future.result() for future in [pool.submit(send) for _ in range(connections)])


def _of(at: int, account: Account) -> Iterator[Change]:
    """Yield the change of one person: of ten, four are updated, four hired, one leaves, one returns."""
    user = account.user
    group, other = f"Staff|Team {at % 50}", f"Staff|Team {(at + 1) % 50}"
    kept = {"source": "hr", "account_id": account.id, "account_source": user.source}
    kind = at % 10
    if not account.active:
        back = FieldChange("groups", (), (group,))
        yield Change(Action.REACTIVATE, user.user_name, (back,), **kept)
    elif kind < 4:
        fields = (
            FieldChange("email", user.email, f"new{at}@uni.example"),
            FieldChange("groups", user.groups, tuple(sorted({*user.groups, other}))),
        )
        yield Change(Action.UPDATE, user.user_name, fields, **kept)
    elif kind < 8:
        fields = (
            FieldChange("userName", "", f"hired{at}"),
            FieldChange("fullName", "", f"Hired {at}"),
            FieldChange("groups", (), (group,)),
            FieldChange("synchronizationSource", "", "HR"),
        )
        yield Change(Action.CREATE, f"hired{at}", fields, source="hr")
    else:
        left = FieldChange("groups", user.groups, ())
        yield Change(Action.DEACTIVATE, user.user_name, (left,), **kept)


@contextmanager
def _measured() -> Iterator[dict[str, float]]:
    """Measure a block: its seconds, and by how many megabytes it raised the most that was held so far."""
    measured: dict[str, float] = {}
    gc.collect()
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    yield measured
    measured["seconds"] = time.perf_counter() - begin
    measured["mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1024


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))  # noqa: T201 - the answer
