"""What all requests to one server share: how often they may come, a pause it asked for, and an end."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_SPREAD = 0.1
"""Of a pause: so much longer at most, so that not everybody comes back in the same moment."""


@dataclass(slots=True)
class Pace:
    """A server's tempo, shared by all that send to it; safe between threads.

    `rate` is how many requests a second may be sent (0: as many as come). `stop` ends every wait: once it
    is set nobody sleeps any more, and nothing is tried again.
    """

    rate: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], float] = time.monotonic
    _next: float = 0.0
    _paused_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def turn(self) -> None:
        """Wait until the next request may be sent."""
        while (wait := self._reserved()) > 0 and not self.stop.is_set():
            self.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Let nobody send for so long: the server asked one of them to wait, and means all."""
        longer = seconds * random.uniform(1.0, 1.0 + _SPREAD)  # noqa: S311  spreads requests, guards nothing
        with self._lock:
            self._paused_until = max(self._paused_until, self.clock() + longer)

    def sleep(self, seconds: float) -> None:
        """Sleep, unless and until the end comes."""
        self.stop.wait(seconds)

    def _reserved(self) -> float:
        """Take the next place in the row and return 0, or return how long to wait before asking again."""
        if not self.rate:
            return self._paused_until - self.clock()  # there is no row, and nobody to wait for
        with self._lock:
            now = self.clock()
            wait = max(self._paused_until, self._next) - now
            if wait <= 0:
                self._next = max(self._next, now - 1.0 / self.rate) + 1.0 / self.rate
            return wait
