"""What a module sees of the modules it imports: the rule behind certificate keys and behind what Lean is given.

A ``module`` file sees the interface of what it imports, and of what those import publicly. ``import all`` shows
the private part, and all that the imported module itself imports. ``meta import`` runs code, so it reaches
every import below. A file without ``module`` sees everything of everything. Lean is handed exactly these
artefacts, so a mistake here ends in a failing build, never in a key that misses something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from checker.kernel.terms import digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker.build.certificate import Certificate
    from checker.source.header import Header, Import


class Compiled(Protocol):
    """A module that compiled: its header and its certificate."""

    @property
    def header(self) -> Header:
        """What it imports."""

    @property
    def certificate(self) -> Certificate:
        """What is known of it."""

    @property
    def files(self) -> Mapping[str, Path] | None:
        """Where its files lie, if it was compiled outside the tree."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How much of an imported module is seen.

    Attributes:
        everything: private parts too.
        code: all its imports too, because its code may run.
        whole: everything of everything below, because the file that looks is no ``module``.
    """

    everything: bool = False
    code: bool = False
    whole: bool = False

    def through(self, each: Import, importer: Header) -> Sight | None:
        """How much is seen of what an already seen module imports; None for nothing."""
        if self.whole:
            return self
        if self.everything:
            return Sight(each.all or not importer.is_module, each.meta or self.code)
        if each.public or each.meta or self.code:
            return Sight(everything=False, code=each.meta or self.code)
        return None

    def __or__(self, other: Sight) -> Sight:
        return Sight(self.everything or other.everything, self.code or other.code, self.whole or other.whole)


def first_sight(header: Header, each: Import) -> Sight:
    """How much a file sees of one of its own imports."""
    return Sight(each.all, each.meta) if header.is_module else Sight(everything=True, code=True, whole=True)


def visible(header: Header, known: Mapping[str, Compiled]) -> dict[str, Sight]:
    """All modules a file sees, and how much of each."""
    seen: dict[str, Sight] = {}
    pending = [(each.module, first_sight(header, each)) for each in header.imports]
    while pending:
        module, sight = pending.pop()
        before = seen.get(module)
        joined = sight if before is None else before | sight
        if joined == before:
            continue
        seen[module] = joined
        inner = known[module].header
        for each in inner.imports:
            further = joined.through(each, inner)
            if further is not None:
                pending.append((each.module, further))
    return seen


class Sights:
    """Digests of what can be seen through each module, built bottom up: one step per import, however deep."""

    def __init__(self) -> None:
        self._digests: dict[tuple[str, Sight], bytes] = {}

    def digest(self, module: str, sight: Sight, known: Mapping[str, Compiled]) -> bytes:
        """Digest of all that is seen by importing a module so; everything below it must be known."""
        pending = [(module, sight)]
        while pending:
            at = pending[-1]
            if at in self._digests:
                pending.pop()
                continue
            name, how = at
            if known[name].files is not None:
                # The key of such a module covers it and all below it, however it is seen.
                self._digests[at] = digest(b"outside", name.encode(), known[name].certificate.key.encode())
                continue
            header, certificate = known[name].header, known[name].certificate
            inner = [(each.module, how.through(each, header)) for each in header.imports]
            below = [(name, further) for name, further in inner if further is not None]
            missing = [each for each in below if each not in self._digests]
            if missing:
                pending.extend(missing)
                continue
            own = certificate.private_digest if how.everything else certificate.interface_digest
            self._digests[at] = digest(name.encode(), own.encode(), *[self._digests[each] for each in below])
        return self._digests[module, sight]
