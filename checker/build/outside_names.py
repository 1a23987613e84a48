"""Which modules outside a tree declare a name, and opening them: through an index that is worked out once."""

from __future__ import annotations

import threading
from array import array
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from checker.build.name_index import NameIndex
from checker.errors import UnreadableModule
from checker.kernel.compiled import CODE
from checker.kernel.lookup import CompiledConstants
from checker.kernel.olean import LARGEST_PART
from checker.kernel.terms import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker.build.certificate import Certificate
    from checker.build.sealed import SealedFolder
    from checker.source.tree import Source

_RULE: Final = b"outside names 1"


@dataclass(frozen=True, slots=True)
class OutsideModule:
    """One module outside a tree.

    Attributes:
        source: what stands for its source: the header alone.
        certificate: without declarations; its key covers the contents of its files and all modules below it.
        files: where its files lie, by suffix; none when it failed.
    """

    source: Source
    certificate: Certificate
    files: Mapping[str, Path] = field(default_factory=dict)


class OutsideNames:
    """Opens modules outside a tree, and tells which may declare a name. Many threads may share it."""

    def __init__(self, kept: SealedFolder) -> None:
        self._kept = kept
        self._index = NameIndex()
        self._indexing = threading.Lock()

    def open(self, module: OutsideModule) -> CompiledConstants:
        """What a module declares.

        Raises:
            UnreadableModule: when its files are not what they were when it was certified, or of an unknown format.
        """
        artefacts = module.certificate.artefacts
        contents = {suffix: read_bounded(module.files[suffix]) for suffix in artefacts if suffix not in CODE}
        for suffix, data in contents.items():
            if sha256(data).hexdigest() != artefacts[suffix]:
                raise UnreadableModule(f"{module.files[suffix]} was changed while it was used; build again.")
        key = _key(module)
        stored = self._kept.get(key)
        opened = CompiledConstants(contents, None if stored is None else array("Q", stored))
        if stored is None:
            self._kept.put(key, opened.hashes.tobytes())
        return opened

    def declaring(self, name: str, modules: Mapping[str, OutsideModule], indexed: int) -> tuple[list[str], int]:
        """Those modules, of the given ones, that may declare a name.

        Args:
            name: a full name.
            modules: by name.
            indexed: the number that this answered last for the same modules; -1 the first time.

        Returns:
            Their names, and a number for the next time.

        Raises:
            UnreadableModule: when a module cannot be read, or they declare more than the index has room for.
        """
        with self._indexing:
            if indexed != self._index.generation and not self._has_room_for(modules):
                self._index.clear()
                if not self._has_room_for(modules):
                    raise UnreadableModule("Compiled modules outside the tree declare too many names; import fewer.")
            keys = self._index.candidates(name)
            return [each for each in (key.partition(" ")[0] for key in keys) if each in modules], self._index.generation

    def _has_room_for(self, modules: Mapping[str, OutsideModule]) -> bool:
        """Put the names of modules into the index, where they are not yet; False when it has no room for them."""
        for name, module in modules.items():
            key = f"{name} {module.certificate.private_digest}"
            if key not in self._index:
                stored = self._kept.get(_key(module))
                hashes = self.open(module).hashes if stored is None else array("Q", stored)
                if not self._index.add(key, hashes):
                    return False
        return True


def read_bounded(path: Path) -> bytes:
    """The bytes of a compiled file.

    Raises:
        UnreadableModule: when there are more than any such file has.
        OSError: when there is none.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise UnreadableModule(f"{path} has over {LARGEST_PART} bytes, which no compiled module has.")
    return data


def _key(module: OutsideModule) -> str:
    return digest(_RULE, module.certificate.private_digest.encode()).hex()
