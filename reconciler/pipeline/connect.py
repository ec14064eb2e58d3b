"""From what a Target manifest says to what reads and writes the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from reconciler.core.change import Change
from reconciler.core.dialect import Header
from reconciler.core.model import ActualState
from reconciler.errors import ReconcilerError, TargetError, TargetRejected
from reconciler.manifest.binding import load_binding
from reconciler.manifest.models import RestAccess, TargetSpec
from reconciler.myq.client import Client
from reconciler.myq.export import read_export
from reconciler.myq.limits import lacking
from reconciler.myq.operations import BUILT_IN
from reconciler.myq.rest import RestServer
from reconciler.secret import is_reference
from reconciler.sources.base import Surroundings
from reconciler.sources.myq_binding import Binding
from reconciler.sources.myq_token import Credentials
from reconciler.sources.pace import Pace
from reconciler.sources.patience import Patience
from reconciler.sources.web import Http


def read_state(spec: TargetSpec, around: Surroundings) -> ActualState:
    """Return what the server holds, read the way the manifest says; raise TargetError on any doubt."""
    if spec.read == "csv" and spec.csv and spec.csv.export:
        return read_export(
            around.folder / spec.csv.export,
            delimiter=spec.csv.delimiter,
            encoding=spec.csv.encoding,
            header=Header.NAMES if spec.csv.header else Header.NONE,
            has_source=spec.assumptions.csv_export_has_synchronization_source,
        )
    with server_of(spec, around) as server:
        try:
            return server.read_state()
        except TargetRejected as refused:
            # To whoever reads, a refusal is a list that was not read to its end.
            raise TargetError(refused.message, hint=refused.hint, where=refused.where) from None


@contextmanager
def server_of(spec: TargetSpec, around: Surroundings, stop: Event | None = None) -> Iterator[RestServer]:
    """Give the server to write to; its connections are closed at the end.

    Once `stop` is set nothing waits any more and nothing is tried again. Raises ReconcilerError where
    the manifest names no way to write: that is no server which may answer later.
    """
    rest = spec.rest
    if rest is None:
        raise ReconcilerError(
            "this target has no way to write: its plans are to be looked at",
            hint="add `rest:`, or `write: csv` and `csv.import`, to the Target manifest",
        )
    with client_of(rest, around, stop) as client:
        yield RestServer(client, rest.page_size)


@contextmanager
def client_of(rest: RestAccess, around: Surroundings, stop: Event | None = None) -> Iterator[Client]:
    """Give what sends requests to a server; its connections are closed at the end."""
    client_id = around.secret(rest.client_id) if is_reference(rest.client_id) else rest.client_id
    with http_of(rest, around, stop) as http:
        credentials = Credentials(client_id, around.secret(rest.client_secret), rest.scope)
        yield Client(rest.url, credentials, http, binding=binding_of(rest, around))


def http_of(rest: RestAccess, around: Surroundings, stop: Event | None = None) -> Http:
    """Return the connections to a server."""
    return Http(
        ca_file=around.folder / rest.ca_file if rest.ca_file else None,
        verify_tls=not rest.insecure_tls,
        connections=rest.concurrency,
        patience=patience_of(rest),
        pace=Pace(rest.requests_per_second or 0.0, stop or Event()),
    )


def binding_of(rest: RestAccess, around: Surroundings) -> Binding:
    """Return how the server's interface is spoken; raise ManifestError for a file that does not say it."""
    return load_binding(around.folder, rest.binding) if rest.binding else BUILT_IN


def lacks(spec: TargetSpec, around: Surroundings) -> Callable[[Change], str] | None:
    """Return what says of a change why it cannot be applied, "" when it can; None where all can be."""
    return None if spec.rest is None else lacking(binding_of(spec.rest, around))


def patience_of(rest: RestAccess) -> Patience:
    """Return how long one request, and one write, is tried again."""
    return Patience(seconds=rest.patience_seconds, timeout=rest.timeout_seconds)
