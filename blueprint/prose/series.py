r"""References to several things at once, as ``\cref`` prints them: “Lemmas 1.1, 1.2 and 2.4 to 2.6”."""

from __future__ import annotations

import re
from typing import NamedTuple

_NUMBER = re.compile(r"(.*?)(\d+)(\D*)")
_LEAST_RUN = 3


class Piece(NamedTuple):
    """A stretch of a reference: what it prints, and the label it leads to, empty for words between labels."""

    text: str
    label: str = ""


class Item(NamedTuple):
    """One label of a reference: the word before its number, what its number prints, and the label."""

    word: str
    number: str
    label: str


def plural(word: str) -> str:
    """Return the plural of a heading: Theorems, Corollaries, Hypotheses."""
    if word.endswith("y") and word[-2:-1] not in "aeou":
        return f"{word[:-1]}ies"
    if word.endswith("is"):
        return f"{word[:-2]}es"
    return word if not word or word.endswith("s") else f"{word}s"


def write_series(items: list[Item]) -> list[Piece]:
    """Return what a reference to several labels prints: by kind, numbers in order, runs of three or more as ranges."""
    groups: dict[str, list[Item]] = {}
    for item in dict.fromkeys(items):
        groups.setdefault(item.word, []).append(item)
    return _join([_group(word, members) for word, members in groups.items()])


def write_range(first: Item, last: Item) -> list[Piece]:
    """Return what a reference to all from one label to another prints."""
    word = f"{plural(first.word)} " if first.word else ""
    return [Piece(word), Piece(first.number, first.label), Piece(" to "), Piece(last.number, last.label)]


def _group(word: str, members: list[Item]) -> list[Piece]:
    if len(members) == 1:
        return [Piece(f"{word} {members[0].number}".strip(), members[0].label)]
    parts: list[list[Piece]] = []
    for run in _runs(sorted(members, key=_order)):
        if len(run) >= _LEAST_RUN:
            parts.append([Piece(run[0].number, run[0].label), Piece(" to "), Piece(run[-1].number, run[-1].label)])
        else:
            parts += [[Piece(item.number, item.label)] for item in run]
    return [Piece(f"{plural(word)} " if word else ""), *_join(parts)]


def _join(parts: list[list[Piece]]) -> list[Piece]:
    joined: list[Piece] = []
    for index, part in enumerate(parts):
        if index:
            joined.append(Piece(" and " if index == len(parts) - 1 else ", "))
        joined += part
    return joined


def _runs(items: list[Item]) -> list[list[Item]]:
    runs: list[list[Item]] = []
    for item in items:
        if runs and _follows(runs[-1][-1].number, item.number):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _follows(before: str, after: str) -> bool:
    left, right = _NUMBER.fullmatch(before), _NUMBER.fullmatch(after)
    if not left or not right or (left[1], left[3]) != (right[1], right[3]):
        return False
    return _small(left[2]) + 1 == _small(right[2])


def _order(item: Item) -> list[tuple[int, int, str]]:
    """Sort numbers as numbers: 1.9 before 1.10."""
    parts = re.findall(r"\d+|\D+", item.number)
    return [(0, _small(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def _small(digits: str) -> int:
    return int(digits[:9]) if digits.isdecimal() else 0
