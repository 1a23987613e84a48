"""Numbers of the rows of displays."""

from __future__ import annotations

import re

_MARK = re.compile(
    r"\\(?P<row>\\)|\\(?P<edge>begin|end)(?![A-Za-z])|\\(?P<own>label|tag|nonumber|notag)(?![A-Za-z])|\\.|%[^\n]*+",
    re.DOTALL,
)
_ONE_NUMBER = frozenset({"equation", "multline"})


def number_rows(name: str, body: str, numbers: list[str]) -> str:
    """Return the body of a numbered display with a tag in every row that has neither label, tag nor mark against one.

    Args:
        name: the environment.
        body: what stands between its edges.
        numbers: the numbers to print, the last one first; those used are taken off.
    """
    parts: list[str] = []
    start = depth = 0
    is_open = True
    for match in _MARK.finditer(body):
        if match["edge"]:
            depth += 1 if match["edge"] == "begin" else -1
        elif match["own"]:
            is_open = False
        elif match["row"] and depth == 0 and name not in _ONE_NUMBER:
            parts += [body[start : match.start()], _tag(numbers, is_open=is_open), "\\\\"]
            start, is_open = match.end(), True
    return "".join([*parts, body[start:].rstrip(), _tag(numbers, is_open=is_open)])


def _tag(numbers: list[str], *, is_open: bool) -> str:
    return f"\\tag{{{numbers.pop()}}}" if is_open and numbers else ""
