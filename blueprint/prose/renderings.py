"""Renderings that are kept from one edition of a book to the next, for as long as what they rest on stays the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from blueprint.prose.facts import Facts, Question

MOST_BYTES = 64 * 1024 * 1024
"""What is kept of all renderings together unless another bound is given."""

_OVERHEAD = 400
# Bytes that an entry takes beside its texts, roughly.


class Rendering(NamedTuple):
    """HTML, what the book was asked for it, and what was shown as source in it, with how often."""

    html: str
    asked: tuple[tuple[Question, str], ...]
    unknown: tuple[tuple[str, int], ...]


class Renderings:
    """A store of renderings that goes by content and forgets those unused for longest.

    A rendering is found again by a digest of the text, its place, its numbers and the book's macros, and only while
    the book answers all it was asked as it did then: numbers of labels, where links lead, marks of citations, files.
    So a store may serve any number of books, one after another; it is not for several threads at once.

    Attributes:
        found: how many renderings were taken from the store.
        made: how many were put into it.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin an empty store.

        Args:
            most_bytes: what the HTML and the answers of all renderings may take, in bytes, roughly.
        """
        self.found = 0
        self.made = 0
        self._most = most_bytes
        self._size = 0
        self._kept: dict[bytes, tuple[bytes, Rendering, int]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: bytes, facts: Facts) -> Rendering | None:
        """Return a rendering if it is kept and still true of a book."""
        kept = self._kept.get(key)
        if kept is None or not facts.hold(kept[1].asked):
            return None
        self._kept[key] = self._kept.pop(key)
        self.found += 1
        return kept[1]._replace(html=kept[0].decode("utf-8", "surrogatepass"))

    def keep(self, key: bytes, rendering: Rendering) -> None:
        """Keep a rendering instead of an earlier one of the same key; one larger than all may be is not kept."""
        self.made += 1
        self._forget(key)
        html = rendering.html.encode("utf-8", "surrogatepass")
        # As bytes: one letter beyond the Basic Multilingual Plane makes all letters of a text four bytes wide.
        size = len(html) + _OVERHEAD + sum(len(of) + len(answer) + 100 for (_, of), answer in rendering.asked)
        size += sum(len(name) + 100 for name, _ in rendering.unknown)
        if size > self._most:
            return
        self._kept[key] = (html, rendering._replace(html=""), size)
        self._size += size
        while self._size > self._most:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: bytes) -> None:
        kept = self._kept.pop(key, None)
        self._size -= kept[2] if kept else 0
