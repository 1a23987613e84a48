"""Toolchains as elan keeps them: the stand-in, and the real one where this host has it."""

from __future__ import annotations

import shutil
from pathlib import Path

from checker import EmbeddedLean, find_lean
from checker.lean.toolchain import LAUNCHER, python
from tests.support import stand_in_exporter, stand_in_lake


def stand_in_toolchain(elan: Path, name: str = "leanprover--lean4---v4.35.0") -> Path:
    """Put a toolchain into elan's folder whose lake is the stand-in, and whose lean is the embedded one."""
    root = elan / "toolchains" / name
    (root / "bin").mkdir(parents=True)
    (root / "lib" / "lean").mkdir(parents=True)
    lean = find_lean()
    assert isinstance(lean, EmbeddedLean)
    for library in lean.library.parent.glob("*.so"):
        (root / "lib" / "lean" / library.name).symlink_to(library)
    shutil.copy(LAUNCHER, root / "lib" / "launcher.py")
    start = (
        "import os, pathlib, sys\n"
        "root = pathlib.Path(sys.argv[0]).resolve().parent.parent\n"
        "library = str(root / 'lib' / 'lean' / 'libleanshared.so')\n"
        "command = [sys.executable, '-IS', str(root / 'lib' / 'launcher.py'), library, *sys.argv[1:]]\n"
        "os.execv(sys.executable, command)\n"
    )
    _program(root / "bin" / "lean", start)
    _program(root / "bin" / "lake", Path(stand_in_lake.__file__).read_text(encoding="utf-8"))
    return root


def give_judges(toolchain: Path) -> Path:
    """Give a stand-in for a toolchain what one has that brings ``lake comparator`` and ``lake check``."""
    exporter = Path(stand_in_exporter.__file__).read_text(encoding="utf-8")
    for program in ("leanexport", "leanchecker"):
        _program(toolchain / "bin" / program, exporter)
    return toolchain


def real_toolchain() -> Path | None:
    """The toolchain of the lake on the path; None where there is none, or only elan's."""
    found = shutil.which("lake")
    root = Path(found).resolve().parent.parent if found else None
    return root if root and (root / "lib" / "lean").is_dir() else None


def _program(path: Path, text: str) -> None:
    path.write_text(f"#!{python()} -IS\n{text}", encoding="utf-8")
    path.chmod(0o755)
