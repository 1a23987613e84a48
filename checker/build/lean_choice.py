"""Which Lean compiles a tree on this host: what its campaign says, and where this host keeps compiled packages.

Trees come out of git and hold no packages: those are fetched and compiled once, in a project folder of the host's own.
Its manifest must be the tree's; and only its lakefile is ever run, never that of a tree.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from checker.errors import LakeFailed, LeanMissing
from checker.lean.lake import LakeProject, LakeToolchain
from checker.lean.project import LAKEFILES, TOOLCHAIN_FILE, toolchain_of
from checker.source.tree import read_regular

if TYPE_CHECKING:
    from pathlib import Path

    from checker.lean.choice import Choice
    from checker.lean.toolchain import Toolchain
    from checker.sandbox import Sandbox

MANIFEST: Final = "lake-manifest.json"
"""Which packages a project has, each at which commit."""


@dataclass(frozen=True, slots=True)
class LeanChoice:
    """How the Lean of a tree is found.

    Attributes:
        choice: which kind, or ``auto`` to go by the tree.
        packages: a project on this host whose packages were fetched and compiled; None where there is none.
    """

    choice: Choice = "auto"
    packages: Path | None = None

    def toolchain(self, tree: Path, sandbox: Sandbox) -> Toolchain:
        """The Lean of a tree, with the compiled packages beside it where it is lake's.

        Args:
            tree: the top folder, with ``lean-toolchain`` and lakefile.
            sandbox: where lake runs, to tell where the packages' modules are.

        Raises:
            LeanMissing: when there is no such Lean here.
            LakeFailed: when the packages here are not those of the tree, or lake cannot load them.
            SandboxFailed: when the sandbox did not start.
        """
        found = toolchain_of(tree, self.choice)
        wanted = _manifest(tree)
        if not isinstance(found, LakeToolchain):
            if self.choice == "auto" and _names_packages(wanted):
                raise LeanMissing(
                    f"The project has packages ({MANIFEST} names them), which the embedded Lean cannot use: install "
                    "the project's own with elan, or choose `embedded` if its Lean needs none of them."
                )
            return found
        if self.packages is None:
            if _names_packages(wanted):
                raise LakeFailed(
                    f"The project has packages ({MANIFEST} names them), and this host says nowhere that they are "
                    "compiled: name the folder of a project with them, as `workers.packages` or with --packages."
                )
            return found
        if _manifest(self.packages) != wanted:
            raise LakeFailed(
                f"{self.packages / MANIFEST} is not that of the project, so its packages may be others: "
                "bring it up to date, and run `lake build` there."
            )
        return LakeProject(self.packages, found, sandbox).with_packages()


def fingerprint(tree: Path) -> str:
    """A digest of all of a tree that decides which Lean it gets on one host: equal digests, equal toolchains."""
    present = [name for name in LAKEFILES if (tree / name).is_file()]
    contents = [_bytes(tree / name) for name in (TOOLCHAIN_FILE, MANIFEST)]
    return sha256(repr((present, contents)).encode()).hexdigest()


def _manifest(folder: Path) -> bytes | None:
    return _bytes(folder / MANIFEST)


def _bytes(file: Path) -> bytes | None:
    try:
        return read_regular(file)
    except OSError:
        return None


def _names_packages(manifest: bytes | None) -> bool:
    """Whether a manifest names any package; one that cannot be read might."""
    if manifest is None:
        return False
    try:
        return bool(json.loads(manifest)["packages"])
    except (KeyError, TypeError, ValueError):
        return True
