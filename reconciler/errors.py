"""Every error this program raises on purpose.

    ReconcilerError            1   message, hint, where
    ├─ UsageError             64   the command line is off
    ├─ ManifestError           1   carries every problem found in sources.d/
    ├─ PlanFileError           1   a plan, approval or result file is unreadable or was edited
    ├─ LockHeld                1   another run holds the lock
    ├─ ForgeError              1   GitHub, GitLab or Azure DevOps was not reached, or refused
    ├─ LedgerError             1   the ledger cannot be read or written
    ├─ SourceError             6   a source was not read to the end
    │  ├─ SourceUnavailable    6   it could be tried again
    │  ├─ SourceDataError      6   it answered, and the answer cannot be used
    │  └─ SnapshotError        6   recorded reads are incomplete, edited, or of something else
    ├─ TargetError             6   MyQ was not read to the end
    │  └─ TargetRejected       1   MyQ refused a request
    ├─ GuardRefused            3   a guard stands in the way
    ├─ NotApproved             4   approval missing, expired, or for something else
    └─ ApplyIncomplete         5   some approved changes were not applied

The number is the exit code. An error that is not in this tree is a defect of the program.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class Place(NamedTuple):
    """A position in a file, printed as ``file:line:column``; lines and columns count from 1."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        numbers = (str(number) for number in (self.line, self.column) if number)
        return ":".join((self.file, *numbers))


class Problem(NamedTuple):
    """One mistake of a user: where it is, what is wrong, and what to do about it."""

    place: Place
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}\n  hint: {self.hint}"


class ReconcilerError(Exception):
    """Something a person can put right; the hint says how."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str, where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.message}\n  hint: {self.hint}"


class UsageError(ReconcilerError):
    """The command line cannot be understood."""

    exit_code = 64


class ManifestError(ReconcilerError):
    """The manifests have problems; all of them are carried, in file order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        count = len(problems)
        super().__init__(
            f"{count} problem{'s' if count != 1 else ''} in the manifests",
            hint="mend the places named; `reconciler validate` checks them without a network",
        )
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class PlanFileError(ReconcilerError):
    """A plan, approval or result file cannot be trusted."""


class LockHeld(ReconcilerError):
    """Another run is applying to this target."""


class ForgeError(ReconcilerError):
    """What a pull request is reviewed on could not be reached, or refused."""


class LedgerError(ReconcilerError):
    """The ledger cannot be opened, read or written; what rests on it does not happen."""


class SourceError(ReconcilerError):
    """A source was not read to the end, so nothing may be concluded from it."""

    exit_code = 6


class SourceUnavailable(SourceError):
    """The source could not be reached, or broke off; trying again may help."""


class SourceDataError(SourceError):
    """The source answered, and a record of it cannot be used."""


class SnapshotError(SourceError):
    """Recorded reads are incomplete, were edited, or are of something else."""


class TargetError(ReconcilerError):
    """MyQ could not be reached or was not read to the end."""

    exit_code = 6


class TargetRejected(TargetError):
    """MyQ refused a request; its own words are in the message."""

    exit_code = 1


class GuardRefused(ReconcilerError):
    """A guard that nobody waived stands in the way; nothing was written."""

    exit_code = 3


class NotApproved(ReconcilerError):
    """No valid approval covers the changes that are needed; nothing was written."""

    exit_code = 4


class ApplyIncomplete(ReconcilerError):
    """Some approved changes were not applied; the result file says which."""

    exit_code = 5
