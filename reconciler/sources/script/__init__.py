"""The custom script source: any program that prints records, pinned by its digest.

docs/script-source.md has the contract and examples. The bytes that were compared with the digest are
the bytes that run: they are copied into a folder that only this account can open.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from reconciler.core.model import Fact, Read, Reading
from reconciler.errors import SourceDataError, SourceError, SourceUnavailable
from reconciler.sources.base import Reader, Surroundings
from reconciler.sources.script.lines import read_lines
from reconciler.sources.script.process import CAPS_MEMORY, Program
from reconciler.sources.spec import SourceSpec
from reconciler.sources.strict import SecretRef, Strict

Argument = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$")]

_READ_AND_RUN: Final = 0o500


class ScriptEnvironment(Strict):
    """All that a script sees of the environment."""

    pass_: tuple[Variable, ...] = Field(
        default=(), alias="pass", description="Variables handed on as they are; each must be set."
    )
    set_: dict[Variable, SecretRef] = Field(
        default_factory=dict,
        alias="set",
        description="Variables, each with where its value is found: `env:NAME`, `file:/path`, ...",
    )

    @model_validator(mode="after")
    def _each_is_told_once(self) -> Self:
        told = (*self.pass_, *self.set_)
        if len(set(told)) < len(told):
            raise ValueError("a variable is told twice")
        return self


class ScriptSpec(SourceSpec):
    """A synchronization source that is a program: it prints one JSON object a line."""

    type: Literal["script"]
    command: Annotated[tuple[Argument, ...], Field(min_length=1)] = Field(
        description="The script, from the project folder, and its arguments; there is no shell."
    )
    sha256: Digest = Field(description="Of the script's bytes: `sha256sum FILE`. Another script is refused.")
    interpreter: tuple[Argument, ...] = Field(
        default=(),
        description="What runs the script, such as `[python3, -I]`; unwritten, it runs by itself.",
    )
    environment: ScriptEnvironment = Field(
        default_factory=ScriptEnvironment, description="Empty but for what is named here."
    )
    timeout_seconds: Annotated[int, Field(ge=1, le=86_400)] = Field(
        default=300, description="How long it may run."
    )
    max_output_megabytes: Annotated[int, Field(ge=1, le=4_096)] = Field(
        default=256, description="How much it may print."
    )
    max_memory_megabytes: Annotated[int, Field(ge=64)] = Field(
        default=4_096,
        description="Address space of each of its processes; Windows and macOS have no such limit.",
    )

    ready_groups: ClassVar[bool] = True
    pace: ClassVar[frozenset[str]] = frozenset(
        {"timeout_seconds", "max_output_megabytes", "max_memory_megabytes"}
    )

    def reader(self, surroundings: Surroundings) -> Reader:
        """Return what runs the script, when asked to; raise SourceError where none may run."""
        if not surroundings.scripts:
            raise SourceError(
                "this source is a script, and scripts may not run here (--no-scripts)",
                hint="run this command where the manifests are trusted: on the branch they were merged to",
                where=self.command[0],
            )
        return ScriptReader(self, surroundings)


@dataclass(frozen=True, slots=True)
class ScriptReader:
    """Runs one script and reads what it printed; the origin is a record's `id`, or its line."""

    spec: ScriptSpec
    surroundings: Surroundings = field(repr=False)

    def read(self, attributes: tuple[str, ...]) -> Read:
        """Yield all records; the contract is that of `reconciler.sources.base.Reader`."""
        name = self.spec.command[0]
        with TemporaryFile() as out:
            self._run(out)
            out.seek(0)
            records = yield from read_lines(out, name, attributes)
        memory = f"{self.spec.max_memory_megabytes} MB" if CAPS_MEMORY else "no limit on this system"
        return Reading(
            records,
            (
                Fact("closing line", f"{records} records"),
                Fact("script", f"sha256:{self.spec.sha256.lower()}"),
                Fact("memory", memory),
            ),
            counted=records,
        )

    def _run(self, out: IO[bytes]) -> None:
        script, *arguments = self.spec.command
        content = self._pinned(self.surroundings.folder / script)
        environment = self._environment()
        interpreter = self._interpreter()
        # On Windows a file that is still in use cannot be deleted; the system does so in its own time.
        with TemporaryDirectory(prefix="reconciler-script-", ignore_cleanup_errors=True) as folder:
            copy = Path(folder) / Path(script).name
            copy.write_bytes(content)
            copy.chmod(_READ_AND_RUN)
            Program(
                name=script,
                argv=[*interpreter, str(copy), *arguments],
                folder=self.surroundings.folder.absolute(),
                environment=environment,
                seconds=self.spec.timeout_seconds,
                output_megabytes=self.spec.max_output_megabytes,
                memory_megabytes=self.spec.max_memory_megabytes,
            ).run(out)

    def _pinned(self, path: Path) -> bytes:
        """Return the script's bytes, which are those that the manifest pins."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise SourceUnavailable(
                f"the script cannot be read: {error.strerror}",
                hint="the first word of `command` is its path from the project folder",
                where=self.spec.command[0],
            ) from None
        pinned, digest = self.spec.sha256.lower(), hashlib.sha256(content).hexdigest()
        if digest != pinned:
            raise SourceDataError(
                f"the script has changed: the manifest says sha256 {pinned}, and it has {digest}",
                hint="look at what changed, then write the new digest: `sha256sum FILE`, "
                "on Windows `certutil -hashfile FILE SHA256`",
                where=self.spec.command[0],
            )
        return content

    def _environment(self) -> Mapping[str, str]:
        secret, wanted = self.surroundings.secret, self.spec.environment
        passed = {name: secret(f"env:{name}") for name in wanted.pass_}
        return passed | {name: secret(reference) for name, reference in wanted.set_.items()}

    def _interpreter(self) -> tuple[str, ...]:
        if not self.spec.interpreter:
            return ()
        program, *options = self.spec.interpreter
        found = shutil.which(program)
        if found is None:
            raise SourceUnavailable(
                f"there is no program {program}",
                hint="install it, or write its full path as `interpreter`",
                where=self.spec.command[0],
            )
        return (found, *options)
