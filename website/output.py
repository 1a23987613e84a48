"""The site's folder: files are written atomically, only when they changed, and swept only when the site wrote them.

A manifest in the folder remembers, for every file, the digest of what was written and of what it was made
from. It makes the next build cheap (a page whose ingredients are the same is not rendered again) and safe
(a file that somebody else put there or edited is never removed).
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from website.errors import FolderUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MANIFEST = ".blueprover-site.json"
_FORMAT = 1
_HALF_WRITTEN = ".writing-"


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the manifest knows of a file: digest of its ingredients, digest of its content."""

    ingredients: str
    content: str


def digest(*parts: str | bytes) -> str:
    """Return a digest of the parts; different lists of parts have different digests."""
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big"))
        whole.update(data)
    return whole.hexdigest()


class OutputFolder:
    """One build's view of the folder. Call `put` for every file of the site, then `finish` once.

    One build at a time may write to a folder.

    Attributes:
        written, kept, removed: paths below the folder, with slashes, in the order of the calls.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._new: dict[str, _Entry] = {}
        self.written: list[str] = []
        self.kept: list[str] = []
        self.removed: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.rglob(f"{_HALF_WRITTEN}*"):  # of a build that was killed
                leftover.unlink(missing_ok=True)
        except OSError as error:
            raise FolderUnusable(f"{folder}: cannot make the site's folder ({error.strerror}).") from error
        self._old = _read_manifest(folder / MANIFEST)

    def put(self, path: str, ingredients: str, render: Callable[[], str | bytes]) -> None:
        """Bring one file up to date.

        Args:
            path: where it goes below the folder, with slashes.
            ingredients: digest of everything the content is made from.
            render: makes the content; called only when the ingredients or the file changed.

        Raises:
            FolderUnusable: when the file cannot be read or written.
        """
        target = self._folder / path
        old = self._old.get(path)
        try:
            current = digest(target.read_bytes()) if target.is_file() else ""
            if old and old.ingredients == ingredients and old.content == current:
                self._keep(path, old)
                return
            content = render()
            data = content.encode("utf-8", "replace") if isinstance(content, str) else content
            entry = _Entry(ingredients, digest(data))
            if entry.content == current:
                self._keep(path, entry)
                return
            write_atomically(target, data)
        except OSError as error:
            raise FolderUnusable(f"{target}: cannot write this page ({error.strerror}).") from error
        self._new[path] = entry
        self.written.append(path)

    def finish(self) -> None:
        """Remove pages of earlier builds that are no longer part of the site, and write the manifest."""
        try:
            for path, entry in self._old.items():
                if path not in self._new:
                    self._sweep(path, entry)
            write_atomically(self._folder / MANIFEST, _manifest_text(self._new).encode())
        except OSError as error:
            raise FolderUnusable(f"{self._folder}: cannot finish the site ({error.strerror}).") from error

    def _keep(self, path: str, entry: _Entry) -> None:
        self._new[path] = entry
        self.kept.append(path)

    def _sweep(self, path: str, entry: _Entry) -> None:
        target = self._folder / path
        if not _is_inside(path) or not target.is_file() or digest(target.read_bytes()) != entry.content:
            return
        target.unlink()
        self.removed.append(path)
        parent = target.parent
        while parent != self._folder and not any(parent.iterdir()):
            parent.rmdir()
            parent = parent.parent


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never a part. Raises `OSError`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_HALF_WRITTEN, dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _is_inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and path != MANIFEST


def _manifest_text(entries: Mapping[str, _Entry]) -> str:
    files = {path: [entry.ingredients, entry.content] for path, entry in sorted(entries.items())}
    return json.dumps({"format": _FORMAT, "files": files}, indent=0) + "\n"


def _read_manifest(path: Path) -> dict[str, _Entry]:
    """Return what the last build wrote; nothing when there is no manifest that can be understood.

    Without one every page is rendered again, and nothing is removed: slower, never harmful.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] != _FORMAT:
            return {}
        return {str(name): _Entry(str(made), str(content)) for name, (made, content) in found["files"].items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FolderUnusable(f"{path}: cannot read the site's manifest ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
