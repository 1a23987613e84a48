"""A folder of Lean sources as modules, read once per look: sources, digests, headers, order."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, Final

from checker.errors import HeaderError
from checker.source.header import Header, imports_of, module_of, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

LAKEFILE = "lakefile.lean"


@dataclass(frozen=True, slots=True)
class Source:
    """One module's source.

    Attributes:
        module: its name.
        data: the bytes.
        digest: their SHA-256, hex.
        header: what it imports; empty where it cannot be read.
        problem: why the header cannot be read; empty when it can.
    """

    module: str
    data: bytes
    digest: str
    header: Header
    problem: str = ""

    @classmethod
    def absent(cls, module: str) -> Source:
        """What stands for a module the tree has no source of."""
        return cls(module, b"", "", Header(is_module=False, prelude=True, imports=()), "There is no source.")


_HEADERS: Final[dict[str, tuple[Header, str]]] = {}
"""Headers by digest of the source: a campaign reads the same few thousand files over and over."""
_HEADERS_KEPT: Final = 20_000


def source_of(module: str, data: bytes) -> Source:
    """Make a source of bytes."""
    digest = sha256(data).hexdigest()
    known = _HEADERS.get(digest)
    if known is None:
        try:
            known = imports_of(data), ""
        except HeaderError as error:
            known = Header(is_module=False, prelude=True, imports=()), str(error)
        if len(_HEADERS) >= _HEADERS_KEPT:
            _HEADERS.clear()
        _HEADERS[digest] = known
    header, problem = known
    return Source(module, data, digest, header, problem)


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file; never through a link.

    Raises:
        OSError: when there is none, or it is something else.
    """
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    file = open(number, "rb")  # noqa: PTH123, SIM115 - an open descriptor, closed by whoever asked for it
    if not stat.S_ISREG(os.fstat(number).st_mode):
        file.close()
        raise OSError(f"{path} is no regular file")
    return file


def read_regular(path: Path) -> bytes:
    """Read a regular file; never through a link.

    Raises:
        OSError: when there is none, or it is something else.
    """
    with open_regular(path) as file:
        return file.read()


def module_paths(tree: Path) -> Iterator[str]:
    """Paths of all module files of a tree, relative, with forward slashes; dot folders and the lakefile left out."""
    pending = [""]
    while pending:
        folder = pending.pop()
        with os.scandir(tree / folder) as entries:
            for entry in entries:
                relative = folder + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith("."):
                        pending.append(relative + "/")
                elif entry.name.endswith(".lean") and relative != LAKEFILE:
                    yield relative


class SourceTree:
    """The modules of a folder, read when asked for and then kept: one look at a tree that may change."""

    def __init__(self, folder: Path, extra: Mapping[str, bytes] | None = None) -> None:
        self.folder = folder
        self._sources: dict[str, Source | None] = {
            module: source_of(module, data) for module, data in (extra or {}).items()
        }

    def names(self) -> list[str]:
        """Names of all modules, sorted; files whose path is no module name are left out."""
        found = set(self._sources)
        for path in module_paths(self.folder):
            try:
                found.add(module_of(path))
            except HeaderError:
                continue
        return sorted(found)

    def source(self, module: str) -> Source | None:
        """The source of a module; None when the folder has none (or something that is no regular file)."""
        if module not in self._sources:
            try:
                self._sources[module] = source_of(module, read_regular(self.folder / path_of(module)))
            except (OSError, HeaderError):
                self._sources[module] = None
        return self._sources[module]

    def order(self, modules: Iterable[str]) -> Order:
        """Modules and all they import, each after its imports."""
        return _sort(self, list(modules))


@dataclass(frozen=True, slots=True)
class Order:
    """Modules in dependency order.

    Attributes:
        modules: each after what it imports; those in cycles or without source left out.
        missing: imported (or asked for) modules the folder has no source of, with who imports them.
        cycles: modules that import themselves through others, with the circle in words.
    """

    modules: tuple[str, ...]
    missing: Mapping[str, str]
    cycles: Mapping[str, str]


def _sort(tree: SourceTree, roots: list[str]) -> Order:
    done: dict[str, None] = {}
    missing: dict[str, str] = {}
    cycles: dict[str, str] = {}
    path: dict[str, Iterator[str]] = {}
    for root in roots:
        _enter(tree, root, "", done, missing, path)
        while path:
            module, imports = next(reversed(path.items()))
            following = next(imports, None)
            if following is None:
                path.popitem()
                done[module] = None
            elif following in path:
                circle = list(path)[list(path).index(following) :]
                words = " imports ".join([*circle, following])
                cycles.update(dict.fromkeys(circle, words))
            else:
                _enter(tree, following, module, done, missing, path)
    return Order(tuple(module for module in done if module not in cycles), missing, cycles)


def _enter(
    tree: SourceTree,
    module: str,
    importer: str,
    done: Mapping[str, None],
    missing: dict[str, str],
    path: dict[str, Iterator[str]],
) -> None:
    if module in done or module in missing:
        return
    source = tree.source(module)
    if source is None:
        missing[module] = importer
    else:
        path[module] = iter([each.module for each in source.header.imports])
