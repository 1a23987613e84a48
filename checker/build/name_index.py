"""Which modules may declare a name: an index of hashes, eight bytes for each constant."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Final

from checker.kernel.lookup import name_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_MODULES: Final = 1 << 20
MOST_NAMES: Final = 1 << 23
"""Constants the index holds, in 64 MB: eight times as many as Mathlib has with all below it."""

_ORDINAL_BITS: Final = 20
_KEPT_BITS: Final = 64 - _ORDINAL_BITS
_MASK: Final = (1 << _KEPT_BITS) - 1


class NameIndex:
    """Modules by the names they declare. It answers with all that do, and now and then with one that does not."""

    def __init__(self) -> None:
        self.generation = 0
        """How often it has forgotten everything."""
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.generation += 1
        self._buckets: dict[int, array[int]] = {}
        self._keys: list[str] = []
        self._known: set[str] = set()
        self._names = 0

    def __contains__(self, key: str) -> bool:
        return key in self._known

    def add(self, key: str, hashes: Sequence[int]) -> bool:
        """Add a module by some key of its own, with `name_hash` of each of its names.

        Returns:
            Whether there was room for it.
        """
        if len(self._keys) >= MOST_MODULES or self._names + len(hashes) > MOST_NAMES:
            return False
        ordinal = len(self._keys)
        self._keys.append(key)
        self._known.add(key)
        self._names += len(hashes)
        for each in hashes:
            bucket = self._buckets.get(each >> 48)
            if bucket is None:
                bucket = self._buckets[each >> 48] = array("Q")
            bucket.append((each & _MASK) << _ORDINAL_BITS | ordinal)
        return True

    def candidates(self, name: str) -> list[str]:
        """Keys of the modules that may declare a name."""
        wanted = name_hash(name)
        kept = wanted & _MASK
        bucket = self._buckets.get(wanted >> 48, ())
        return [self._keys[each & (MOST_MODULES - 1)] for each in bucket if each >> _ORDINAL_BITS == kept]
