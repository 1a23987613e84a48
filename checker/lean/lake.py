"""Lean as elan installs it, and lake, which builds projects with it.

The programs of a toolchain are run by path, not through elan's, which would look at folders of its own and download
what is missing. Lake runs in the sandbox, where `lakefile.lean` (a program) can do no more than any other Lean
file: so dependencies must have been fetched before.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cache
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from checker.errors import LakeFailed, LeanMissing
from checker.lean.diagnostic import Diagnostic, Severity
from checker.lean.toolchain import LIBRARY, REPLAYER, python, version_of
from checker.sandbox import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.sandbox import Run, Sandbox

LIMITS: Final = Limits(memory_bytes=16 << 30, seconds=600.0, processes=1024)
"""What lake and each process it starts may use."""

_ASKING_SECONDS: Final = 30.0
_INSIDE: Final = Path("/here")
"""Where the sandbox shows the project's folder."""
_SEVERITIES: Final[dict[str, Severity]] = {"error": "error", "warning": "warning", "info": "information"}
_MESSAGE = re.compile(
    r"(?P<severity>error|warning|info): (?P<file>[^:]{1,1000}\.lean):(?P<line>\d{1,9}):(?P<column>\d{1,9})"
    r"(?:-(?P<end_line>\d{1,9}):(?P<end_column>\d{1,9}))?: (?P<text>.*)"
)
_LOG = re.compile(r"(?:error|warning|info|trace): |\W \[\d|Some required targets logged failures:|Build completed")


@dataclass(frozen=True, slots=True)
class LakeToolchain:
    """An installed Lean with its lake, as elan keeps it.

    Attributes:
        root: folder with ``bin/lean``, ``bin/lake`` and ``lib/lean``.
        version: Lean's own version, such as ``4.35.0``.
        identity: what it is, down to the build; part of every certificate's key.
        packages: folders with compiled modules of a project's packages, in the order they are searched.
    """

    root: Path
    version: str
    identity: str
    packages: tuple[Path, ...] = ()

    @property
    def kind(self) -> Literal["lake"]:
        """Which implementation of `Toolchain` this is."""
        return "lake"

    @property
    def library(self) -> Path:
        """Lean as a shared library."""
        return self.root / "lib" / "lean" / LIBRARY

    def external(self, file: str, /) -> Path | None:
        """Where a compiled module is in the packages, or among those that come with Lean; None when there is none."""
        paths = (folder / file for folder in (*self.packages, self.library.parent))
        return next((path for path in paths if path.is_file()), None)

    def is_own(self, file: str, /) -> bool:
        """Whether a compiled module is found among those that come with Lean, and in no package."""
        return self.external(file) == self.library.parent / file

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs ``lean``; modules are sought nowhere but where the arguments say."""
        where = ["LEAN_PATH=", f"LEAN_SYSROOT={self.root}"]
        return ["/usr/bin/env", *where, str(self.root / "bin" / "lean"), *arguments]

    def replay_command(self, request: str) -> list[str]:
        """The command line that has the kernel check compiled modules again; see `replayer`."""
        return [python(), "-I", "-S", str(REPLAYER), str(self.library), request]

    @property
    def reads(self) -> tuple[Path, ...]:
        """Folders and files a sandbox must show: the toolchain, what its library links to, packages, the replayer."""
        replaying = (REPLAYER, Path(sys.base_prefix).resolve(), Path(python()))
        compiled = (each for each in self.packages if each.is_dir())
        return (self.root, self.library.resolve().parent, *compiled, *replaying)


@dataclass(frozen=True, slots=True)
class LakeMessage:
    """What Lean said about a file of a project.

    Attributes:
        file: the file's path, as lake prints it.
        diagnostic: the message.
    """

    file: str
    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class LakeBuild:
    """How ``lake build`` ended.

    Attributes:
        ok: whether lake said so by its exit code; what it printed never counts.
        detail: why not, in one sentence; empty when it is ok.
        messages: what Lean said. Files can print lines that look like messages: these are for people to read.
    """

    ok: bool
    detail: str
    messages: tuple[LakeMessage, ...]


@dataclass(frozen=True, slots=True)
class LakeProject:
    """A folder with a lakefile, and the toolchain that builds it.

    Attributes:
        folder: where the lakefile is.
        toolchain: what builds it.
        sandbox: where lake runs.
    """

    folder: Path
    toolchain: LakeToolchain
    sandbox: Sandbox

    def search_path(self) -> tuple[Path, ...]:
        """Folders with compiled modules of the project and its packages, in the order Lean searches them.

        Raises:
            LakeFailed: when lake cannot load the project, or would run another Lean.
            SandboxFailed: when the sandbox did not start.
        """
        run = self._lake("env", "printenv", "LEAN_PATH", "LEAN_SYSROOT", limits=LIMITS)
        lines = run.output.decode("utf-8", "replace").splitlines()
        if _unfinished(run) or run.code or len(lines) != len(("path", "root")):
            raise LakeFailed(f"lake cannot load {self.folder} ({_last(run)}); does `lake env true` work there?")
        if Path(lines[1]).resolve() != self.toolchain.root:
            raise LakeFailed(f"In {self.folder} lake uses the Lean of {lines[1]}, not that of {self.toolchain.root}.")
        return tuple(self._outside(Path(each)) for each in lines[0].split(":") if each)

    def with_packages(self) -> LakeToolchain:
        """The toolchain with the compiled modules of the project's packages, and without those of the project itself.

        Raises:
            LakeFailed: when lake cannot load the project, or would run another Lean.
            SandboxFailed: when the sandbox did not start.
        """
        folder = self.folder.resolve()
        own = folder / ".lake" / "build"
        found = [each.resolve() for each in self.search_path()]
        packages = tuple(each for each in found if not each.is_relative_to(own))
        return replace(self.toolchain, packages=packages)

    def build(self, targets: Sequence[str] = (), limits: Limits = LIMITS) -> LakeBuild:
        """Have lake build targets.

        Args:
            targets: what is wanted, as lake spells it; by default the project's default targets.
            limits: what lake and each process it starts may use.

        Raises:
            LakeFailed: when a target is none.
            SandboxFailed: when the sandbox did not start.
        """
        for target in targets:
            if not target or target.startswith("-"):
                raise LakeFailed(f"{target!r} is no target of lake: name a module or a library.")
        run = self._lake("build", "--no-ansi", "--log-level=info", *targets, limits=limits)
        messages = tuple(lake_messages((run.output + b"\n" + run.errors).decode("utf-8", "replace")))
        detail = _unfinished(run) or (_refusal(run, messages) if run.code else "")
        return LakeBuild(not detail, detail, messages)

    def _lake(self, *arguments: str, limits: Limits) -> Run:
        command = [str(self.toolchain.root / "bin" / "lake"), *arguments]
        return self.sandbox.run(command, self.folder.resolve(), self.toolchain.reads, limits)

    def _outside(self, path: Path) -> Path:
        """A path lake told, as it is called outside the sandbox."""
        folder = self.folder.resolve()
        if self.sandbox.program and path.is_relative_to(_INSIDE):
            return folder / path.relative_to(_INSIDE)
        return folder / path


def lake_messages(printed: str) -> list[LakeMessage]:
    """What Lean said about files, from what ``lake build`` printed.

    A message goes on until lake's next line of log; other lines are lake's own and are passed over.
    """
    found: list[tuple[re.Match[str], list[str]]] = []
    inside = False
    for line in printed.split("\n"):
        match = _MESSAGE.fullmatch(line)
        if match:
            found.append((match, [match["text"]]))
            inside = True
        elif _LOG.match(line):
            inside = False
        elif inside:
            found[-1][1].append(line)
    return [_message(match, "\n".join(lines).rstrip()) for match, lines in found]


def _message(match: re.Match[str], text: str) -> LakeMessage:
    line, column = int(match["line"]), int(match["column"])
    end_line, end_column = int(match["end_line"] or line), int(match["end_column"] or column)
    severity = _SEVERITIES[match["severity"]]
    return LakeMessage(match["file"], Diagnostic(severity, line, column, end_line, end_column, "", text))


def _unfinished(run: Run) -> str:
    if run.ended == "timeout":
        return "lake did not finish in time."
    if run.ended == "processes":
        return "lake had too many processes."
    return "lake printed too much." if run.ended == "output" else ""


def _refusal(run: Run, messages: Sequence[LakeMessage]) -> str:
    errors = sum(each.diagnostic.severity == "error" for each in messages)
    return f"Lean reports {errors} errors." if errors else f"lake ended with code {run.code}: {_last(run)}"


def _last(run: Run) -> str:
    said = (run.errors.strip() or run.output.strip()).decode("utf-8", "replace").splitlines()
    return said[-1] if said else f"exit code {run.code}, no message"


@cache
def installed_toolchain(root: Path) -> LakeToolchain:
    """The toolchain in a folder, which its owner installed: it is asked outside the sandbox.

    Raises:
        LeanMissing: when there is none, or it does not start.
    """
    root = root.resolve()
    lean, library = root / "bin" / "lean", root / "lib" / "lean" / LIBRARY
    for needed in (lean, root / "bin" / "lake", library):
        if not needed.is_file():
            raise LeanMissing(f"{root} is no Lean toolchain: it has no {needed.relative_to(root)}; install it anew.")
    try:
        asked = subprocess.run(
            [str(lean), "--version"], capture_output=True, text=True, check=False, timeout=_ASKING_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LeanMissing(f"{lean} does not start ({error}); install the toolchain anew.") from error
    found = version_of(asked.stdout)
    if asked.returncode or found is None:
        raise LeanMissing(f"{lean} does not tell its version (exit code {asked.returncode}); install it anew.")
    version, commit = found
    return LakeToolchain(root, version, f"Lean {version} {commit} lake {_build(lean)[:16]}-{_build(library)[:16]}")


def _build(program: Path) -> str:
    with program.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()
