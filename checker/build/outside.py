"""Modules outside the tree: compiled by their owners, in packages or with Lean itself, and certified as they are.

What they declare is read from them like anything else, so meanings and axioms go all the way down. Their files
are copied into the store by content: what happens to them later changes no build that has begun.
"""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from checker.build.certificate import Certificate, Failure
from checker.errors import HeaderError, UnreadableModule
from checker.kernel.compiled import CODE, PRIVATE, PUBLIC, SERVER, CompiledImport, read_compiled, read_imports
from checker.kernel.terms import digest
from checker.source.header import Header, Import, path_of
from checker.source.tree import Source, SourceTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from checker.build.certificates import Certificates
    from checker.lean.toolchain import Toolchain

LARGEST_BYTES: Final = 512 << 20
"""Bytes of compiled modules outside the tree in one build. All of them are read, and kept in memory as declarations."""

_RULE: Final = b"outside 1"
_SUFFIXES: Final = (PUBLIC, SERVER, PRIVATE, *CODE)
_KEPT: Final = 20_000


class _Stamp(NamedTuple):
    """What tells that a file is as it was; the time of its last change of status is what nobody can set back."""

    inode: int
    size: int
    modified: int
    changed: int


class Outside:
    """Certificates of modules outside a tree. Many threads may share it."""

    def __init__(self, lean: Toolchain, store: Certificates) -> None:
        self._lean = lean
        self._store = store
        self._known: dict[Path, tuple[Mapping[str, _Stamp], Source, str]] = {}

    def load(self, modules: Iterable[str], tree: SourceTree) -> dict[str, tuple[Source, Certificate]]:
        """Certificates of modules and all they import, each after its imports; what is nowhere is left out.

        Args:
            modules: what the tree has no source of.
            tree: modules compiled outside must not import what has a source here: it may be another one.
        """
        found: dict[str, tuple[Source, Certificate]] = {}
        pending, left = list(modules), LARGEST_BYTES
        while pending:
            module = pending.pop()
            path = None if module in found else self._file(module)
            if path is not None:
                found[module], size = self._read(module, path, left)
                left -= size
                pending += [each.module for each in found[module][0].header.imports if tree.source(each.module) is None]
        return _sound(found)

    def _file(self, module: str) -> Path | None:
        try:
            return self._lean.external(path_of(module).removesuffix(".lean") + PUBLIC)
        except HeaderError:
            return None

    def _read(self, module: str, path: Path, left: int) -> tuple[tuple[Source, Certificate], int]:
        """A module's certificate, and how many bytes it has; of more than there are left nothing is read."""
        try:
            stamps = {suffix: _stamp(each) for suffix, each in _files(path).items()}
            size = sum(each.size for each in stamps.values())
            if size > left:
                return _too_much(module), left
            return self._look_up(module, path, stamps), size
        except (OSError, UnreadableModule) as error:
            return _failed(module, "unreadable", f"{path}: {error}"), 0

    def _look_up(self, module: str, path: Path, stamps: Mapping[str, _Stamp]) -> tuple[Source, Certificate]:
        before = self._known.get(path)
        if before is not None and before[0] == stamps:
            known = self._store.get(before[2])
            if known is not None:
                return before[1], known
        stem = path.name.removesuffix(PUBLIC)
        contents = {suffix: path.with_name(stem + suffix).read_bytes() for suffix in stamps}
        key = digest(_RULE, module.encode(), *[part for each in contents.items() for part in _framed(*each)]).hex()
        source = _source(module, key, read_imports(contents[PUBLIC]))
        known = self._store.get(key) or self._certify(source, contents)
        if len(self._known) >= _KEPT:
            self._known.clear()
        self._known[path] = (stamps, source, key)
        return source, known

    def _certify(self, source: Source, contents: dict[str, bytes]) -> Certificate:
        compiled = read_compiled(contents)
        certificate = Certificate(
            module=source.module,
            key=source.digest,
            source_digest=source.digest,
            interface_digest=compiled.interface_digest,
            private_digest=compiled.private_digest,
            imports={},
            diagnostics=(),
            declarations=compiled.declarations,
            extensions=compiled.extensions,
            artefacts={suffix: sha256(data).hexdigest() for suffix, data in contents.items()},
        )
        return self._store.put(certificate, contents)


def _files(path: Path) -> dict[str, Path]:
    stem = path.name.removesuffix(PUBLIC)
    paths = {suffix: path.with_name(stem + suffix) for suffix in _SUFFIXES}
    return {suffix: each for suffix, each in paths.items() if each.is_file()}


def _stamp(path: Path) -> _Stamp:
    found = path.stat()
    return _Stamp(found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _framed(suffix: str, data: bytes) -> tuple[bytes, bytes]:
    return suffix.encode(), sha256(data).digest()


def _source(module: str, key: str, found: tuple[bool, tuple[CompiledImport, ...]]) -> Source:
    """What stands for the source: nothing but a header, as the compiled module tells it."""
    is_module, imports = found
    told = tuple(Import(each.module, 1, each.public, each.all, each.meta) for each in imports)
    return Source(module, b"", key, Header(is_module, prelude=True, imports=told))


def _sound(found: dict[str, tuple[Source, Certificate]]) -> dict[str, tuple[Source, Certificate]]:
    """The same in dependency order; modules that rest on what is not there, or failed, fail."""
    graph = {module: [each.module for each in source.header.imports] for module, (source, _) in found.items()}
    try:
        order = [module for module in TopologicalSorter(graph).static_order() if module in found]
    except CycleError:
        return {
            module: _failed(module, "import-cycle", "Compiled modules outside the tree import one another in a circle.")
            for module in found
        }
    sound: dict[str, tuple[Source, Certificate]] = {}
    for module in order:
        source, certificate = found[module]
        lost = next((each for each in graph[module] if each not in found), None)
        broken = next((each for each in graph[module] if each in sound and not sound[each][1].ok), None)
        if certificate.ok and lost is not None:
            detail = f"It imports {lost}, which is not compiled outside the tree; run `lake build {module}`."
            sound[module] = _failed(module, "missing-import", detail)
        elif certificate.ok and broken is not None:
            sound[module] = _failed(module, "import-failed", f"It imports {broken}, which failed.")
        else:
            sound[module] = (source, certificate)
    return sound


def _too_much(module: str) -> tuple[Source, Certificate]:
    detail = f"Compiled modules outside the tree have over {LARGEST_BYTES >> 20} MB; import fewer."
    return _failed(module, "memory", detail)


def _failed(module: str, failure: Failure, detail: str) -> tuple[Source, Certificate]:
    source = Source.absent(module)
    return source, Certificate(module, "", "", "", "", {}, (), {}, failure=failure, detail=detail)
