"""The folder an agent works in: reading and writing that cannot leave it, and Lean."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from agents.errors import PathRefused, ToolError
from checker import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from checker import WarmPool
    from checker.build.builder import Builder

MAX_LISTED = 400
"""Most files one listing names."""
MAX_WRITTEN = 32
"""Most different files one attempt may write."""
_MAX_PATH = 240
_WRITABLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class Workspace:
    """An agent's own copy of the tree, beside the untouched one.

    Invariants: no call reads, lists or writes anything outside `folder`, follows a symbolic link, or touches a
    name that begins with a dot. Files are replaced, never written in place, so a file that shares its inode with
    another tree leaves that tree alone.

    Args:
        base: the tree before; never written.
        folder: the agent's copy.
        builder: compiles and judges.
        policy: what a change may contain.
        pool: Lean servers to ask about drafts, shared with other workspaces; none, and every check is a compilation.
        branch: for resolvers: the tree that is to be joined with `base`; never written.
    """

    def __init__(
        self,
        base: Path,
        folder: Path,
        builder: Builder,
        policy: Policy | None = None,
        pool: WarmPool | None = None,
        branch: Path | None = None,
    ) -> None:
        self.base = base
        self.folder = folder
        self.builder = builder
        self.policy = policy or Policy()
        self.pool = pool
        self._branch = branch
        self._written: set[str] = set()

    def files(self, under: str = "") -> tuple[list[str], int]:
        """Name the regular files of the tree, or of one folder in it, sorted.

        Returns:
            At most `MAX_LISTED` paths relative to the tree, and how many there are in all.

        Raises:
            PathRefused: `under` is no folder of the tree.
        """
        start = self._resolve(under) if under.strip("/ ") else self.folder
        if not start.is_dir():
            raise PathRefused(f"{under!r} is no folder; list_files without an argument lists all files.")
        found = sorted(self._walk(start))
        return found[:MAX_LISTED], len(found)

    def read(self, path: str) -> str:
        """The text of a file.

        Raises:
            PathRefused: there is no such regular file in the tree.
            ToolError: it is too large, or no UTF-8 text.
        """
        return self._text(path, self._resolve(path), "list_files names the files")

    def read_side(self, path: str, side: Literal["main", "branch"]) -> str:
        """The text of a file as it is on one side of a conflict: `base`, or the branch's tree.

        Raises:
            PathRefused: there is no such regular file on that side, or there is no branch.
            ToolError: it is too large, or no UTF-8 text.
        """
        root = self.base if side == "main" else self._branch
        if root is None:
            raise PathRefused("There is no branch to read here.")
        return self._text(path, self._resolve(path, root), f"on the side of {side} it is gone or never was")

    def _text(self, path: str, full: Path, otherwise: str) -> str:
        """The text of a regular file; `otherwise` is said where there is none."""
        try:
            handle = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            raise PathRefused(f"There is no file {path!r}; {otherwise}.") from error
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise PathRefused(f"{path!r} is no regular file; {otherwise}.")
            if status.st_size > self.policy.file_bytes:
                raise ToolError(f"{path!r} is larger than {self.policy.file_bytes:,} bytes and is not shown.")
            with os.fdopen(handle, "rb", closefd=False) as file:
                data = file.read()
        finally:
            os.close(handle)
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise ToolError(f"{path!r} is no UTF-8 text and is not shown.") from error

    def write(self, path: str, text: str, writable: Collection[str]) -> None:
        """Replace a file, or add it.

        Args:
            path: relative to the tree.
            text: the whole new text.
            writable: files that may be written, and folders (ending in ``/``) under which Lean files may be.

        Raises:
            PathRefused: this file may not be written.
            ToolError: the text cannot be a source file, or too many files are written.
        """
        full = self._resolve(path)
        if not _is_writable(path, writable):
            raise PathRefused(f"You may not write {path!r}; you may write {', '.join(sorted(writable))}.")
        data = _encode(text)
        if len(data) > self.policy.file_bytes:
            raise ToolError(f"The text has {len(data):,} bytes; at most {self.policy.file_bytes:,} are allowed.")
        if len(self._written | {path}) > MAX_WRITTEN:
            raise ToolError(f"You have written {MAX_WRITTEN} files already; use those.")
        if full.is_dir():
            raise PathRefused(f"{path!r} is a folder.")
        _replace(full, data)
        self._written.add(path)

    def changed(self) -> tuple[str, ...]:
        """Paths written in this attempt whose content differs from the base, sorted."""
        return tuple(sorted(path for path in self._written if self._differs(path)))

    def _differs(self, path: str) -> bool:
        before = self.base / path
        return not before.is_file() or before.read_bytes() != (self.folder / path).read_bytes()

    def _resolve(self, path: str, root: Path | None = None) -> Path:
        """Turn a path of the model into one inside a tree, the agent's own where no other is named.

        Raises:
            PathRefused: it is not plainly one: absolute, climbing, hidden, strange, or through a link.
        """
        parts = path.rstrip("/").split("/") if path.endswith("/") else path.split("/")
        if not path or len(path) > _MAX_PATH or not path.isprintable() or "\\" in path:
            raise PathRefused(f"{path[:_MAX_PATH]!r} is no path; paths look like {'Arithmetic/Logic/And.lean'!r}.")
        if any(not part or part.startswith(".") for part in parts):
            raise PathRefused(f"{path!r} is not allowed: paths are relative to the project, without dots in front.")
        full = root or self.folder
        for part in parts:
            full = full / part
            if full.is_symlink():
                raise PathRefused(f"{path!r} leads through a link, which is not followed.")
        return full

    def _walk(self, start: Path) -> Iterator[str]:
        for folder, folders, names in os.walk(start, followlinks=False):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                full = Path(folder) / name
                if not name.startswith(".") and stat.S_ISREG(full.lstat().st_mode):
                    yield full.relative_to(self.folder).as_posix()


def _is_writable(path: str, writable: Collection[str]) -> bool:
    if path in writable:
        return True
    stem, dot, ending = path.rpartition(".")
    return (
        dot == "."
        and ending == "lean"
        and any(
            path.startswith(folder) and all(_WRITABLE_NAME.fullmatch(part) for part in stem[len(folder) :].split("/"))
            for folder in writable
            if folder.endswith("/")
        )
    )


def _encode(text: str) -> bytes:
    if "\0" in text:
        raise ToolError("The text holds a NUL character, which no source file may.")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ToolError("The text holds half a surrogate pair, which UTF-8 cannot hold.") from error


def _replace(full: Path, data: bytes) -> None:
    try:
        full.parent.mkdir(parents=True, exist_ok=True)
        beside = full.with_name(f".{full.name}.new")
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        beside.replace(full)
    except (FileExistsError, NotADirectoryError) as error:
        raise PathRefused("A folder on the way to this path is a file.") from error
