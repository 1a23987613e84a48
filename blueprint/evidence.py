"""What Lean says, as plain data: declarations, what they mention, and what among them is still open.

Whoever can read compiled Lean hands it in; nothing here runs Lean or believes a mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SORRY: Final = "sorryAx"
"""The axiom behind an open proof."""


@dataclass(frozen=True, slots=True)
class LeanDeclaration:
    """One declaration of the Lean project.

    Attributes:
        kind: ``axiom``, ``definition``, ``theorem``, ``opaque``, ``inductive``, ``constructor``, ``recursor`` or
            ``quotient``.
        type_uses: full names of what its type mentions.
        value_uses: full names of what its body or proof mentions; for an inductive type, its constructors.
    """

    kind: str
    type_uses: tuple[str, ...] = ()
    value_uses: tuple[str, ...] = ()

    @property
    def meaning_uses(self) -> tuple[str, ...]:
        """What it mentions as far as it matters to those who use it: all but a theorem's proof."""
        return self.type_uses if self.kind == "theorem" else self.type_uses + self.value_uses

    @property
    def uses(self) -> tuple[str, ...]:
        """All it mentions."""
        return self.type_uses + self.value_uses


class Evidence:
    """All declarations of a Lean project, by full name.

    Attributes:
        declarations: as they were handed in; what they mention and it does not hold comes from elsewhere.
    """

    def __init__(self, declarations: Mapping[str, LeanDeclaration]) -> None:
        self.declarations = dict(declarations)

    @cached_property
    def open(self) -> frozenset[str]:
        """Declarations with ``sorryAx`` somewhere below them, proofs included."""
        return self._above_sorry(lambda each: each.uses)

    @cached_property
    def vague(self) -> frozenset[str]:
        """Declarations whose very meaning has ``sorryAx`` below it: what their statements or definitions mention."""
        return self._above_sorry(lambda each: each.meaning_uses)

    def _above_sorry(self, follow: Callable[[LeanDeclaration], tuple[str, ...]]) -> frozenset[str]:
        above: dict[str, list[str]] = {}
        for name, declaration in self.declarations.items():
            for used in follow(declaration):
                above.setdefault(used, []).append(name)
        found: set[str] = set()
        waiting = [SORRY]
        while waiting:
            for name in above.get(waiting.pop(), ()):
                if name not in found:
                    found.add(name)
                    waiting.append(name)
        return frozenset(found)
