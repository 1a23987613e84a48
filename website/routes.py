"""Where everything stands in the site: paths of pages and anchors of nodes, from the book alone.

Paths are relative to the site's root, with slashes; a page that stands deeper puts `up` in front of them.
They depend on the book only, so a link to a node stays good while the campaign goes on.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from website.output import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blueprint import Blueprint

INDEX = "index.html"
GRAPH = "graph.html"
NODES = "nodes.html"
BIBLIOGRAPHY = "bibliography.html"
PULL_REQUESTS = "pull-requests.html"

RESERVED_PREFIX = "bp-"
"""Anchors the site makes for itself begin so; a label that does gets an invented anchor."""

_PLAIN_ANCHOR = re.compile(r"[A-Za-z][A-Za-z0-9:._-]{0,120}")
_SLUG_LENGTH = 40


def anchor_of(label: str) -> str:
    """Return a node's anchor: its label where that is fit for a URL, an invented stable one otherwise."""
    if _PLAIN_ANCHOR.fullmatch(label) and not label.startswith(RESERVED_PREFIX):
        return label
    return f"{RESERVED_PREFIX}node-{digest(label)[:12]}"


def entry_anchor(key: str) -> str:
    """Return the anchor of an entry of the bibliography."""
    return f"{RESERVED_PREFIX}cite-{digest(key)[:12]}"


def slug_of(text: str) -> str:
    """Return words of a title, in lower-case ASCII joined by dashes; perhaps nothing."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_text))[:_SLUG_LENGTH].strip("-")


def up(path: str) -> str:
    """Return what leads from a page back to the site's root: empty, or ``../`` for each folder."""
    return "../" * path.count("/")


class Routes:
    """The paths of one book's site."""

    def __init__(self, blueprint: Blueprint, titles: tuple[str, ...]) -> None:
        """Lay out the paths.

        Args:
            blueprint: the book.
            titles: the chapters' titles as plain text, one for every chapter.
        """
        self._chapters = _chapter_paths([chapter.number for chapter in blueprint.chapters], titles)
        self._nodes = {
            node.label: f"{self._chapters[node.chapter]}#{anchor_of(node.label)}" for node in blueprint.nodes
        }
        self._aliases = blueprint.aliases
        self._labels = {
            chapter.label: self._chapters[index] for index, chapter in enumerate(blueprint.chapters) if chapter.label
        }

    def chapter(self, index: int) -> str:
        """Return the path of a chapter's page, by its index in the book."""
        return self._chapters[index]

    def node(self, label: str) -> str:
        """Return the path and anchor of a node, by its label. Raises `KeyError` for no node's label."""
        return self._nodes[label]

    def reference(self, label: str) -> str:
        """Return where a reference in the prose leads: a node, a chapter, or nowhere (empty)."""
        found = self._nodes.get(self._aliases.get(label, label))
        return found or self._labels.get(label, "")

    @staticmethod
    def entry(key: str) -> str:
        """Return the path and anchor of an entry of the bibliography."""
        return f"{BIBLIOGRAPHY}#{entry_anchor(key)}"

    @staticmethod
    def pull_request(number: int) -> str:
        """Return the path of a pull request's page."""
        return f"pull-requests/{number}.html"


def _chapter_paths(numbers: Sequence[str], titles: Sequence[str]) -> tuple[str, ...]:
    """Return a path for each chapter from its printed number and its title; no two are the same."""
    paths: list[str] = []
    for index, (number, title) in enumerate(zip(numbers, titles, strict=True)):
        name = "-".join(filter(None, (slug_of(number), slug_of(title)))) or f"chapter-{index + 1}"
        while f"chapters/{name}.html" in paths:
            name += f"-{index + 1}"
        paths.append(f"chapters/{name}.html")
    return tuple(paths)
