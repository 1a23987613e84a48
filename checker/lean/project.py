"""Which Lean a folder is compiled with: found from its ``lean-toolchain`` and lakefile, or said by people."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.errors import LeanMissing
from checker.lean.lake import LakeToolchain, installed_toolchain
from checker.lean.toolchain import find_lean

if TYPE_CHECKING:
    from checker.lean.choice import Choice
    from checker.lean.toolchain import Toolchain

LAKEFILES: Final = ("lakefile.lean", "lakefile.toml")
TOOLCHAIN_FILE: Final = "lean-toolchain"

_LARGEST: Final = 200
_ORIGIN: Final = "leanprover/lean4"
_WANTED = re.compile(r"(?:(?P<origin>\w[\w.-]*/\w[\w.-]*):)?(?P<name>\w[\w.+-]*)", re.ASCII)
_RELEASE = re.compile(r"v?(?P<version>\d+\.\d+\.\d+(?:-[\w.]+)?)", re.ASCII)


def toolchain_of(folder: Path, choice: Choice = "auto") -> Toolchain:
    """The Lean a folder is compiled with.

    By itself: the installed toolchain its ``lean-toolchain`` names, when the folder has a lakefile; else the
    embedded Lean, when that is the one named, or none is.

    Args:
        folder: the project.
        choice: ``embedded`` or ``lake`` to have that one and no other. ``embedded`` is taken at its word, whatever
            version the folder names.

    Raises:
        LeanMissing: when there is no such Lean here, or ``lean-toolchain`` names none.
    """
    if choice == "embedded":
        return find_lean()
    wanted = wanted_toolchain(folder)
    lakefile = next((each for each in LAKEFILES if (folder / each).is_file()), None)
    if lakefile is None and choice == "lake":
        raise LeanMissing(f"{folder} is no project of lake: add a {' or '.join(LAKEFILES)}.")
    installed = _installed(wanted) if lakefile else None
    if installed is not None:
        return installed
    if choice == "lake" and wanted is None:
        raise LeanMissing(f"{folder} names no toolchain to have lake run; add a {TOOLCHAIN_FILE}, or put lake on PATH.")
    if choice == "lake":
        raise LeanMissing(f"{folder} needs {wanted}, which is not installed; run `elan toolchain install {wanted}`.")
    embedded = find_lean()
    if wanted is None or _version(wanted) == embedded.version:
        return embedded
    raise LeanMissing(
        f"{folder / TOOLCHAIN_FILE} wants {wanted}, which is neither installed for lake nor the embedded Lean "
        f"{embedded.version}; run `elan toolchain install {wanted}`{'' if lakefile else ' and add a lakefile'}."
    )


def wanted_toolchain(folder: Path) -> str | None:
    """What a folder's ``lean-toolchain`` names; None when there is no such file.

    Raises:
        LeanMissing: when it holds no toolchain's name.
    """
    file = folder / TOOLCHAIN_FILE
    if not file.exists():
        return None
    if not file.is_file():
        raise LeanMissing(f"{file} is no file; it holds one line such as {_ORIGIN}:v4.35.0.")
    try:
        with file.open("rb") as stream:
            text = stream.read(_LARGEST + 1).decode("ascii")
    except (OSError, UnicodeDecodeError):
        text = ""
    if len(text) > _LARGEST or _WANTED.fullmatch(text.strip()) is None:
        raise LeanMissing(f"{file} names no toolchain; it holds one line such as {_ORIGIN}:v4.35.0.")
    return text.strip()


def _version(wanted: str) -> str | None:
    """The number of a release of Lean; None for nightlies, forks and toolchains of people's own."""
    match = _WANTED.fullmatch(wanted)
    if match is None or match["origin"] not in {None, _ORIGIN}:
        return None
    release = _RELEASE.fullmatch(match["name"])
    return release["version"] if release else None


def _installed(wanted: str | None) -> LakeToolchain | None:
    """The toolchain of that name that elan keeps here; else the lake on the path, if it is of that version."""
    if wanted is not None:
        for name in _folders(wanted):
            root = _elan() / "toolchains" / name
            if root.is_dir():
                return installed_toolchain(root)
    program = shutil.which("lake")
    beside = Path(program).resolve().parent.parent if program else None
    # What elan puts on the path only looks like lake: no library stands beside it.
    if beside is None or not (beside / "lib" / "lean").is_dir():
        return None
    found = installed_toolchain(beside)
    return found if wanted is None or _version(wanted) == found.version else None


def _folders(wanted: str) -> list[str]:
    """How elan may call the folder of a toolchain; one without an origin is people's own, or a release."""
    match = _WANTED.fullmatch(wanted)
    assert match is not None, "only what was read as a toolchain's name comes here"
    origin, name = match["origin"], match["name"]
    prefix = (origin or _ORIGIN).replace("/", "--") + "---"
    released = _version(wanted)
    names = [prefix + name, *([f"{prefix}v{released}"] if released else [])]
    return names if origin else [name, *names]


def _elan() -> Path:
    return Path(os.environ.get("ELAN_HOME") or Path.home() / ".elan")
