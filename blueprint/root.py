"""Where a book begins: the root file among the LaTeX files of a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from blueprint.errors import NothingToRead

CANDIDATES = (
    "blueprint/src/web.tex",
    "src/web.tex",
    "web.tex",
    "blueprint/src/content.tex",
    "blueprint/src/print.tex",
    "src/content.tex",
    "src/print.tex",
    "content.tex",
    "print.tex",
    "main.tex",
)
"""Files tried in this order; the first three are where leanblueprint puts them."""

_SKIPPED = frozenset({".git", ".lake", "node_modules", ".venv", "build", "_build", "web", "print"})
_MOST_SEEN = 20_000
_HEAD = 200_000
_DOCUMENT = re.compile(rb"^[^%\n]*\\begin\s*\{document\}", re.MULTILINE)


def find_root(path: Path) -> Path:
    r"""Return the root file of the book at a path.

    Args:
        path: a LaTeX file, which is its own root, or a folder: leanblueprint's places first, then the only
            file that holds ``\begin{document}``, then the only LaTeX file.

    Raises:
        NothingToRead: there is no file, or a folder leaves the choice open.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise NothingToRead(f"There is no file or folder “{path}”.")
    for name in CANDIDATES:
        if (path / name).is_file():
            return path / name
    files = _latex_files(path)
    roots = [file for file in files if _holds_document(file)]
    choice = roots or files
    if not choice:
        raise NothingToRead(f"There is no LaTeX file in “{path}”.")
    if len(choice) > 1:
        names = ", ".join(str(file.relative_to(path)) for file in choice[:4])
        raise NothingToRead(f"More than one file in “{path}” could be the book ({names}); name the one to read.")
    return choice[0]


def _latex_files(folder: Path) -> list[Path]:
    found: list[Path] = []
    seen = 0
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        found += [Path(here, name) for name in sorted(files) if name.endswith(".tex")]
        seen += len(files) + len(folders)
        if seen > _MOST_SEEN:
            break
    return [file for file in found if file.is_file()]


def _holds_document(file: Path) -> bool:
    try:
        with file.open("rb") as stream:
            return bool(_DOCUMENT.search(stream.read(_HEAD)))
    except OSError:
        return False
