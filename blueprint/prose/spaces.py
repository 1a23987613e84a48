"""Blanks that TeX ignores."""

from __future__ import annotations

import re

_SPACE = re.compile(r"[ \t]*+(?:\n(?![ \t]*\n)[ \t]*+)?+")


def behind_word(tex: str, at: int) -> int:
    """Return the offset behind the blanks that TeX ignores after a command that is a word."""
    match = _SPACE.match(tex, at)
    return match.end() if match else at
