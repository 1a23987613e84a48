"""The chapters of a book, as budgets and shares of the work know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from blueprint import Blueprint


@dataclass(frozen=True, slots=True)
class Chapters:
    """Which node stands in which chapter.

    Attributes:
        of: the chapter of a node, by its label: a key that is no other chapter's.
        names: what people call a chapter, by that key.
    """

    of: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, key: str) -> str:
        """What people call a chapter."""
        return self.names.get(key) or key


def chapters_of(blueprint: Blueprint) -> Chapters:
    """The chapters of a book."""
    names = {str(place): f"{each.number} {each.title}".strip() for place, each in enumerate(blueprint.chapters)}
    return Chapters({node.label: str(node.chapter) for node in blueprint.nodes}, names)
