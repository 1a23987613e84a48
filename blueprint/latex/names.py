"""Long lists of command and environment names, written as text."""

from __future__ import annotations


def name_set(text: str) -> frozenset[str]:
    """Return the names in a text, separated by blanks."""
    return frozenset(text.split())
