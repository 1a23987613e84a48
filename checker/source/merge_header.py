"""The headers of three texts joined: imports as a set, in a stable order, each with the comments that are its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.source.merge_parts import three_way

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.source.merge_pieces import Pieces

_LINE: Final = re.compile(r"\s*(?:public\s+)?(?:meta\s+)?import\s+(?:all\s+)?\S+\s*(?:--.*|/-.*-/\s*)?")

Variant = tuple[str, bool, bool, bool]
"""A module, and whether its import is public, of everything, and meta."""


@dataclass(frozen=True, slots=True)
class MergedHeader:
    """A header of the result.

    Attributes:
        text: all of it; None when that is a conflict.
        imports: what it imports, in no order.
        reason: for a conflict: why, in words.
    """

    text: str | None
    imports: frozenset[Variant] = frozenset()
    reason: str = ""


def merge_headers(base: Pieces, ours: Pieces, theirs: Pieces) -> MergedHeader:
    """Join headers.

    An import that a side adds is added, one that a side removes is removed, and one that both change in different ways
    is a conflict. The order is the one a side has changed, ours before theirs; what is added follows what it followed
    there, ours first.
    """
    whole = three_way(base.header, ours.header, theirs.header)
    if whole is not None:
        taken = next(each for each in (ours, theirs, base) if each.header == whole)
        return MergedHeader(whole, frozenset(_variants(taken)))
    cuts = [_cut(each) for each in (base, ours, theirs)]
    old, mine, other = cuts
    if old is None or mine is None or other is None:
        return MergedHeader(None, reason="both sides change the header, and it has more than one import in a line")
    preface = three_way(old.preface, mine.preface, other.preface)
    if preface is None:
        return MergedHeader(None, reason="both sides change what stands before the imports")
    kept = _kept(old, mine, other)
    if isinstance(kept, str):
        return MergedHeader(None, reason=kept)
    order = _ordered(list(old.entries), list(mine.entries), list(other.entries), set(kept))
    text = "\n".join([*([preface] if preface else []), *(kept[each] for each in order)])
    return MergedHeader(text, frozenset(kept))


@dataclass(frozen=True, slots=True)
class _Cut:
    preface: str
    entries: dict[Variant, str]


def _variants(side: Pieces) -> list[Variant]:
    return [(each.module, each.public, each.all, each.meta) for each in side.imports]


def variants_of(side: Pieces) -> frozenset[Variant]:
    """What a text imports, in no order."""
    return frozenset(_variants(side))


def _cut(side: Pieces) -> _Cut | None:
    """What stands before the imports, and each import with the lines above it; None when they share lines."""
    lines = side.header.split("\n") if side.header else []
    starts = [each.line - 1 for each in side.imports]
    if any(at >= len(lines) or _LINE.fullmatch(lines[at]) is None for at in starts):
        return None
    if not starts:
        return _Cut(side.header, {})
    first = starts[0]
    while first > 0 and lines[first - 1].startswith("--"):
        first -= 1
    begins = [first, *(at + 1 for at in starts[:-1])]
    ends = [*(at + 1 for at in starts[:-1]), len(lines)]
    variants = _variants(side)
    entries = {variant: "\n".join(lines[begin:end]) for variant, begin, end in zip(variants, begins, ends, strict=True)}
    if len(entries) != len(variants) or len(set(starts)) != len(starts):
        return None
    return _Cut("\n".join(lines[:first]), entries)


def _kept(base: _Cut, ours: _Cut, theirs: _Cut) -> dict[Variant, str] | str:
    """The imports of the result with their texts; or why there is none."""
    found: dict[Variant, str] = {}
    modules: dict[str, list[set[Variant]]] = {}
    for at, cut in enumerate((base, ours, theirs)):
        for variant in cut.entries:
            modules.setdefault(variant[0], [set(), set(), set()])[at].add(variant)
    for module, (old, mine, other) in modules.items():
        if old and mine not in (old, other) and other != old:
            return f"both sides change the import of {module}, differently"
        variants = mine | other if not old else other if mine == old else mine
        for variant in variants:
            texts = [cut.entries.get(variant) for cut in (base, ours, theirs)]
            text = _text_of(*texts)
            if text is None:
                return f"both sides change what is said about the import of {module}"
            found[variant] = text
    return found


def _text_of(base: str | None, ours: str | None, theirs: str | None) -> str | None:
    if ours is None or theirs is None:
        return ours or theirs or base
    if base is None:
        return ours if ours == theirs else None
    return three_way(base, ours, theirs)


def _ordered(
    base: Sequence[Variant], ours: Sequence[Variant], theirs: Sequence[Variant], kept: set[Variant]
) -> list[Variant]:
    everywhere = set(base) & set(ours) & set(theirs)
    if [each for each in ours if each in everywhere] == [each for each in base if each in everywhere]:
        first, second, ours_first = theirs, ours, False
    else:
        first, second, ours_first = ours, theirs, True
    order = [each for each in first if each in kept]
    known, added = set(order), set(first) - set(base)
    behind: dict[Variant | None, list[Variant]] = {}
    before: Variant | None = None
    for each in second:
        if each in known:
            before = each
        elif each in kept:
            behind.setdefault(before, []).append(each)
    found: list[Variant] = []
    waiting = list(behind.get(None, ()))
    for each in order:
        if not (ours_first and each in added):
            found += waiting
            waiting.clear()
        found.append(each)
        waiting += behind.get(each, ())
    return found + waiting
