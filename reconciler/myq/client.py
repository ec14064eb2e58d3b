"""Requests to the MyQ server that is written to."""

from __future__ import annotations

import time
from collections.abc import Callable

from reconciler.errors import TargetError, TargetRejected
from reconciler.myq.operations import BUILT_IN
from reconciler.sources.myq_api import Api, Failures
from reconciler.sources.myq_binding import Binding
from reconciler.sources.myq_token import Credentials
from reconciler.sources.web import Http

_FAILURES = Failures(
    failed=TargetError,
    rejected=TargetRejected,
    lacking="bind the operations of this installation with `reconciler doctor --spec`, or read or write this "
    "target by CSV",
    refused="MyQ's own words say why; the account was left as it was",
)


class Client(Api):
    """Calls a print server's operations by name; safe to share between threads."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        http: Http,
        clock: Callable[[], float] = time.monotonic,
        binding: Binding = BUILT_IN,
    ) -> None:
        super().__init__(url, credentials, http, binding.operations, _FAILURES, clock)
        self.binding = binding
