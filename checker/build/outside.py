"""Modules outside the tree: compiled by their owners, in packages or with Lean itself, and certified as they are.

There may be ten thousand of them, in gigabytes. So their files stay where they lie, their certificates hold no
declarations, and what a file was found to be is kept with its stamp: it is read again only when that has changed.
What they declare is read when it is asked for: see `outside_constants`.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from checker.build.certificate import Certificate, Failure
from checker.build.outside_names import OutsideModule, OutsideNames, read_bounded
from checker.errors import HeaderError, UnreadableModule
from checker.kernel.compiled import CODE, PRIVATE, PUBLIC, SERVER, CompiledImport, read_imports
from checker.kernel.terms import digest
from checker.source.header import Header, Import, path_of
from checker.source.tree import Source, SourceTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from checker.build.store import CertificateStore
    from checker.lean.toolchain import Toolchain

_RULE: Final = b"outside 2"
_SUFFIXES: Final = (PUBLIC, SERVER, PRIVATE, *CODE)
_SEEN_BY_IMPORTERS: Final = (PUBLIC, *CODE)
_KEPT: Final = 100_000


class _Stamp(NamedTuple):
    """What tells that a file is as it was; the time of its last change of status is what nobody can set back."""

    inode: int
    size: int
    modified: int
    changed: int


class _Record(NamedTuple):
    """What the files of a module were found to be, when they had these stamps."""

    stamps: dict[str, _Stamp]
    digests: dict[str, str]
    source: Source


class Outside:
    """Certificates of modules outside a tree. Many threads may share it.

    Attributes:
        kept: what was found of files.
        names: which modules declare what.
    """

    def __init__(self, lean: Toolchain, store: CertificateStore) -> None:
        self._lean = lean
        self._store = store  # which takes its scratch folder along when it goes
        self.kept = store.kept
        self.names = OutsideNames(store.kept)
        self._known: dict[str, tuple[dict[str, _Stamp], OutsideModule]] = {}

    def load(self, modules: Iterable[str], tree: SourceTree) -> dict[str, OutsideModule]:
        """Modules and all they import, each after its imports; what is nowhere is left out.

        Args:
            modules: what the tree has no source of.
            tree: modules compiled outside must not import what has a source here: it may be another one.
        """
        found: dict[str, OutsideModule] = {}
        pending = list(modules)
        while pending:
            module = pending.pop()
            path = None if module in found else self._file(module)
            if path is not None:
                found[module] = self._read(module, path)
                imports = {each.module for each in found[module].source.header.imports}
                pending += [each for each in imports if each not in found and tree.source(each) is None]
        return _sound(found)

    def _file(self, module: str) -> Path | None:
        try:
            return self._lean.external(path_of(module).removesuffix(".lean") + PUBLIC)
        except HeaderError:
            return None

    def _read(self, module: str, path: Path) -> OutsideModule:
        """A module, without its key: known, or noted in the store, or read now."""
        try:
            stamps = _stamps(path)
            known = self._known.get(str(path))
            if known is None or known[0] != stamps:
                known = stamps, _certified(path, self._record(module, path, stamps))
                if len(self._known) >= _KEPT:
                    self._known.clear()
                self._known[str(path)] = known
        except (OSError, UnreadableModule) as error:
            return _failed(module, "unreadable", f"{path}: {error}")
        return known[1]

    def _record(self, module: str, path: Path, stamps: dict[str, _Stamp]) -> _Record:
        key = digest(_RULE, b"file", module.encode(), str(path).encode()).hex()
        noted = _from_json(module, self.kept.get(key), stamps)
        if noted is not None:
            return noted
        found = _look(module, path, stamps)
        self.kept.put(key, _to_json(found))
        return found


def _certified(path: Path, record: _Record) -> OutsideModule:
    digests = record.digests
    certificate = Certificate(
        module=record.source.module,
        key="",
        source_digest=record.source.digest,
        interface_digest=_joined({each: digests[each] for each in _SEEN_BY_IMPORTERS if each in digests}),
        private_digest=record.source.digest,
        imports={},
        diagnostics=(),
        declarations={},
        artefacts=digests,
    )
    return OutsideModule(record.source, certificate, {each: _part(path, each) for each in digests})


def _look(module: str, path: Path, stamps: dict[str, _Stamp]) -> _Record:
    """Read a module's files, one after the other."""
    imports = None
    digests = {}
    for suffix in stamps:
        data = read_bounded(_part(path, suffix))
        digests[suffix] = sha256(data).hexdigest()
        if suffix == PUBLIC:
            imports = read_imports(data)
    assert imports is not None, "the .olean file is the first"
    return _Record(stamps, digests, _source(module, _joined(digests), *imports))


def _part(path: Path, suffix: str) -> Path:
    return path.with_name(path.name.removesuffix(PUBLIC) + suffix)


def _stamps(path: Path) -> dict[str, _Stamp]:
    """The stamps of a module's files. Plain strings: thousands are looked at in every build."""
    stem, found = str(path).removesuffix(PUBLIC), {}
    for suffix in _SUFFIXES:
        try:
            status = os.stat(stem + suffix)  # noqa: PTH116 - as above
        except FileNotFoundError:
            continue
        found[suffix] = _Stamp(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if PUBLIC not in found:
        raise UnreadableModule("It is gone; build again.")
    return found


def _joined(digests: Mapping[str, str]) -> str:
    return digest(*[text.encode() for each in sorted(digests.items()) for text in each]).hex()


def _source(module: str, content: str, is_module: bool, imports: Iterable[CompiledImport]) -> Source:
    """What stands for the source: nothing but a header, as the compiled module tells it."""
    told = tuple(Import(each.module, 1, each.public, each.all, each.meta) for each in imports)
    return Source(module, b"", content, Header(is_module, prelude=True, imports=told))


def _to_json(record: _Record) -> bytes:
    header = record.source.header
    imports = [[each.module, each.public, each.all, each.meta] for each in header.imports]
    data = {"stamps": record.stamps, "digests": record.digests, "module": header.is_module, "imports": imports}
    return json.dumps(data).encode()


def _from_json(module: str, text: bytes | None, stamps: dict[str, _Stamp]) -> _Record | None:
    """A record as it was kept, if it is of files with these stamps."""
    if text is None:
        return None
    data: dict[str, Any] = json.loads(text)
    if {suffix: _Stamp(*each) for suffix, each in data["stamps"].items()} != stamps:
        return None
    imports = [CompiledImport(name, everything, public, meta) for name, public, everything, meta in data["imports"]]
    return _Record(stamps, data["digests"], _source(module, _joined(data["digests"]), data["module"], imports))


def _sound(found: dict[str, OutsideModule]) -> dict[str, OutsideModule]:
    """The same in dependency order, with their keys; modules that rest on what is not there, or failed, fail."""
    graph = {module: [each.module for each in one.source.header.imports] for module, one in found.items()}
    try:
        order = [module for module in TopologicalSorter(graph).static_order() if module in found]
    except CycleError:
        detail = "Compiled modules outside the tree import one another in a circle."
        return {module: _failed(module, "import-cycle", detail) for module in found}
    sound: dict[str, OutsideModule] = {}
    for module in order:
        one = found[module]
        lost = next((each for each in graph[module] if each not in found), None)
        broken = next((each for each in graph[module] if each in sound and not sound[each].certificate.ok), None)
        if one.certificate.ok and lost is not None:
            detail = f"It imports {lost}, which is not compiled outside the tree; run `lake build {module}`."
            sound[module] = _failed(module, "missing-import", detail)
        elif one.certificate.ok and broken is not None:
            sound[module] = _failed(module, "import-failed", f"It imports {broken}, which failed.")
        elif one.certificate.ok:
            below = sorted(sound[each].certificate.key for each in set(graph[module]))
            sound[module] = _with_key(one, below)
        else:
            sound[module] = one
    return sound


def _with_key(one: OutsideModule, below: list[str]) -> OutsideModule:
    """The same with a key that covers its contents and, through those of its imports, all modules below it."""
    certificate = one.certificate
    parts = (certificate.module, certificate.private_digest, *below)
    key = digest(_RULE, *[each.encode() for each in parts]).hex()
    return OutsideModule(one.source, replace(certificate, key=key), one.files)


def _failed(module: str, failure: Failure, detail: str) -> OutsideModule:
    source = Source.absent(module)
    return OutsideModule(source, Certificate(module, "", "", "", "", {}, (), {}, failure=failure, detail=detail))
