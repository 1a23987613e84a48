"""Finds the line of a file on which a draft's reason stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from blueprint.node import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_FARTHEST = 40_000
_LABELLED = re.compile(r"\{([^{}]*)\}$")


class Locator:
    """Places in the files of one book.

    Attributes:
        labels: every label that the files give, wherever they stand.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self._lines: dict[str, list[int]] = {}
        self.labels = {" ".join(name.split()) for text in texts.values() for name in _LABEL.findall(text)}

    def find(self, start: Place, spelled: str) -> Place:
        """Return where words stand behind a place; the place itself where they cannot be found."""
        text = self._texts.get(start.file)
        if text is None:
            return start
        lines = self._starts(start.file, text)
        if start.line > len(lines):
            return start
        offset = lines[start.line - 1] + start.column - 1
        label = _LABELLED.search(spelled) if spelled.startswith("\\") else None
        words = [re.escape(word) for word in (label[1] if label else spelled).split()]
        pattern = r"(?:\s|~|\\[ ,])+".join(words)
        if label:
            pattern = rf"(?<=[{{\[,\s]){pattern}(?=[}}\],\s])"
        found = re.compile(pattern, re.IGNORECASE).search(text, offset, offset + _FARTHEST) if words else None
        if found is None:
            return start
        line = bisect_right(lines, found.start())
        return Place(start.file, line, found.start() - lines[line - 1] + 1)

    def _starts(self, file: str, text: str) -> list[int]:
        """Offsets at which the lines of a file begin."""
        if file not in self._lines:
            self._lines[file] = [0, *(match.end() for match in re.finditer("\n", text))]
        return self._lines[file]
