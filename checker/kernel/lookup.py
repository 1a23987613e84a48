"""One compiled module whose constants are found by name and read one at a time."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

from checker.errors import UnreadableModule
from checker.kernel.compiled import PRIVATE, PUBLIC, SERVER
from checker.kernel.constants import MODULE_FIELDS, ConstantReader
from checker.kernel.olean import Part, Space

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.kernel.declaration import Declaration


def name_hash(name: str) -> int:
    """64 bits that stand for a full name. Others may have the same: whoever finds one looks at the name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


class CompiledConstants:
    """The constants of a compiled module; nothing is read of those that nobody asks for.

    Args:
        artefacts: contents of its files by suffix; ``.olean`` at least.
        hashes: what `hashes` answered before for the same contents; worked out when it is left out.

    Raises:
        UnreadableModule: when a file is damaged, hostile, or of an unknown format.
    """

    def __init__(self, artefacts: Mapping[str, bytes], hashes: array[int] | None = None) -> None:
        parts = [Part(artefacts[suffix], suffix) for suffix in (PUBLIC, SERVER, PRIVATE) if suffix in artefacts]
        self._space = Space(parts)
        _, names_at, constants_at, *_ = self._space.fields(parts[-1].root, 0, MODULE_FIELDS)
        self._constants = self._space.array(constants_at)
        self._reader = ConstantReader(self._space)
        self.size = 2 * sum(len(part.data) for part in parts)
        """Bytes it holds in memory, about."""
        if hashes is None:
            hashes = array("Q", [name_hash(self._space.name(each)) for each in self._space.array(names_at)])
        if len(hashes) != len(self._constants):
            raise UnreadableModule("A compiled module names other constants than it has.")
        self.hashes = hashes
        """`name_hash` of each constant's name, in the module's order."""

    def read(self, name: str) -> Declaration | None:
        """The constant of this name; None when the module declares none.

        Raises:
            UnreadableModule: when there is none of a known shape.
        """
        wanted, at = name_hash(name), -1
        while True:
            try:
                at = self.hashes.index(wanted, at + 1)
            except ValueError:
                return None
            found, declaration = self._reader.read(self._constants[at])
            if found == name:
                return declaration
