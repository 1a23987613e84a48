"""Text that others wrote, made safe for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The text with every character that a terminal might obey, but line ends, written as ``\x1b`` and the like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode("ascii") for c in text)
