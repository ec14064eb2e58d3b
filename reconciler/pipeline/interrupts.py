"""Ctrl-C and SIGTERM: before the first write they end the program, afterwards they end the run cleanly."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM)
"""What a person and what a CI system sends. On Windows nobody sends the second."""


class Interrupts:
    """Whether this run was asked to end; what asks is told, once the run must not be cut off any more.

    Used in a ``with``: at its end signals mean again what they meant before. Outside the main thread,
    where Python hands over no signals, only `stop` counts. `told` hears that somebody asked, in the
    handler of the signal.
    """

    def __init__(self, told: Callable[[], None] = lambda: None) -> None:
        self.stop = threading.Event()
        self._told = told
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.getsignal(number) for number in SIGNALS}
            signal.signal(signal.SIGTERM, _as_interrupt)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def hold(self) -> None:
        """From now on a signal only asks the run to end: there are writes to bring to their end."""
        for number in self._before:
            signal.signal(number, self._asked)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.stop.set()
        self._told()


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
