"""One mutant against the tests, in a process of its own; no file is changed."""

from __future__ import annotations

import importlib
import os
import resource
import sys
from collections.abc import Sequence
from enum import StrEnum
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple, NoReturn

ROOT = Path(__file__).parent.parent.parent
_MEMORY = 3 << 30
WHOLE = (
    *("-x", "-q", "--no-header", "-p", "no:cacheprovider"),
    *("-p", "_hypothesis_pytestplugin", "-p", "pytest_timeout"),
)
CORE = (*WHOLE, "--noconftest", "-p", "support.settings", "-p", "support.golden")
"""Tests of the core need no servers; to import those would take most of the time."""

_WARM = (
    "pytest",
    "hypothesis",
    "hypothesis.strategies",
    "hypothesis.stateful",
    "deepdiff",
    "yaml",
    "pydantic",
)
"""Imported once, before the processes branch off; nothing of the project is."""


class Verdict(StrEnum):
    """What the tests said of a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"


class Trial(NamedTuple):
    """How a run of tests ended, and the seconds of computing it took."""

    verdict: Verdict
    seconds: float


class _Instead(MetaPathFinder, Loader):
    """Loads one module from code that is given, and leaves all others alone."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._module, self._code = module, code

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != self._module:
            return None
        is_package = self._code.co_filename.endswith("__init__.py")
        spec = spec_from_loader(fullname, self, origin=self._code.co_filename, is_package=is_package)
        if spec is not None and is_package:
            spec.submodule_search_locations = [str(Path(self._code.co_filename).parent)]
        return spec

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = self._code.co_filename
        exec(self._code, vars(module))  # noqa: S102 - our own module, changed by us


def warm_up() -> None:
    """Import what every trial needs, and settle what chance could decide."""
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in _WARM:
        importlib.import_module(name)


def attempt(
    tests: Sequence[str], module: str = "", code: CodeType | None = None, *, seconds: int = 3600
) -> Trial:
    """Run tests against a mutant, or against the program as it is, for so many seconds of computing."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _run(tests, module, code, seconds)
    _, status, used = os.wait4(child, 0)
    spent = used.ru_utime + used.ru_stime
    if os.WIFSIGNALED(status):
        return Trial(Verdict.TIMEOUT, spent)
    return Trial(Verdict.SURVIVED if os.WEXITSTATUS(status) == 0 else Verdict.KILLED, spent)


def _run(tests: Sequence[str], module: str, code: CodeType | None, seconds: int) -> NoReturn:
    """Be the child: see nothing but the exit code."""
    ended = 70
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(silence, stream)
        os.chdir(ROOT)
        sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
        if code is not None:
            sys.meta_path.insert(0, _Instead(module, code))
        pytest = importlib.import_module("pytest")
        ended = int(pytest.main([*tests]))
    finally:
        os._exit(ended)
