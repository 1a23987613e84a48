"""Which comments travel with a command."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.source.lexer import Token
    from checker.source.words import Words


def margins_of(text: str, words: Words, codes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Widen commands by the comments that are theirs.

    Behind a command these are the ones on its last line, and right below those further in than what follows; above
    it those that no blank line parts from it.

    Args:
        text: the file.
        words: its tokens.
        codes: for each command the offsets of its first token and after its last.

    Returns:
        For each command where it begins and ends with its comments.
    """
    found, taken = [], 0
    for index, (start, end) in enumerate(codes):
        begin = _begin(text, _between(words, taken, start), start, on_own_line=index == 0)
        following = codes[index + 1][0] if index + 1 < len(codes) else len(text)
        column = following - (text.rfind("\n", 0, following) + 1) if index + 1 < len(codes) else 0
        taken = _end(text, words, _between(words, end, following), end, column)
        found.append((begin, taken))
    return found


def _between(words: Words, start: int, end: int) -> list[Token]:
    comments = words.comments
    first = bisect_left(comments, start, key=lambda each: each.start)
    return comments[first : bisect_left(comments, end, key=lambda each: each.start)]


def _begin(text: str, comments: Sequence[Token], start: int, *, on_own_line: bool) -> int:
    for comment in reversed(comments):
        is_header_s = on_own_line and text[text.rfind("\n", 0, comment.start) + 1 : comment.start].strip()
        if text.count("\n", comment.end, start) > 1 or is_header_s:
            break
        start = comment.start
    return start


def _end(text: str, words: Words, comments: Sequence[Token], end: int, column: int) -> int:
    for comment in comments:
        if text.count("\n", end, comment.start) > int(words.column_of(comment) > column):
            break
        end = comment.end
    return end
