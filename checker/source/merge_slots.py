"""What two sides have added at the same place, put in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker.source.merge_matching import common

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from checker.source.merge_pieces import Pieces

Added = tuple[int | None, int | None]
"""An addition: its index in ours and in theirs, None where that side has not made it."""


def join_additions(
    ours: Pieces, theirs: Pieces, mine: Sequence[int], others: Sequence[int], *, blocks_join: bool
) -> list[Added]:
    """Put additions in one order: ours first, each side's in its own order, what both added once.

    Args:
        ours: our text.
        theirs: their text.
        mine: indices of what we added, in order.
        others: indices of what they added, in order.
        blocks_join: whether what stands in equal new scopes is put together in one, where that can be told.
    """
    first = [_token(ours, at) for at in mine]
    second = [_token(theirs, at) for at in others]
    pairs = [(mine[i], others[j]) for i, j in common(first, second)]
    if blocks_join and _scopes_agree(ours, theirs, pairs, mine, others):
        return _interleaved(theirs, mine, others, pairs, ours)
    shared = _shared_declarations(ours, theirs, mine, others)
    nameless = {i: j for i, j in pairs if not _is_scope(ours, i)} if not _has_scopes(theirs, others) else {}
    shared = nameless | shared
    rest = _without_empty(theirs, [at for at in others if at not in set(shared.values())])
    return [*((at, shared.get(at)) for at in mine), *((None, at) for at in rest)]


def _interleaved(
    theirs: Pieces, mine: Sequence[int], others: Sequence[int], pairs: Sequence[tuple[int, int]], ours: Pieces
) -> list[Added]:
    crossing = _shared_declarations(ours, theirs, mine, others)
    taken = {*crossing.values(), *(j for _, j in pairs)}
    place = {at: index for index, at in enumerate(mine)}
    other_place = {at: index for index, at in enumerate(others)}
    found: list[Added] = []
    i = j = 0
    for left, right in [*((place[a], other_place[b]) for a, b in pairs), (len(mine), len(others))]:
        found += [(at, crossing.get(at)) for at in mine[i:left]]
        found += [(None, at) for at in others[j:right] if at not in taken]
        if left < len(mine):
            found.append((mine[left], others[right]))
        i, j = left + 1, right + 1
    return found


def _token(side: Pieces, at: int) -> Hashable:
    piece = side.pieces[at]
    return ("name", piece.name) if piece.names else (piece.keyword, piece.text)


def _is_scope(side: Pieces, at: int) -> bool:
    return side.pieces[at].opens or bool(side.pieces[at].closes)


def _has_scopes(side: Pieces, added: Sequence[int]) -> bool:
    return any(_is_scope(side, at) for at in added)


def _shared_declarations(ours: Pieces, theirs: Pieces, mine: Sequence[int], others: Sequence[int]) -> dict[int, int]:
    """What both added under one name."""
    own = {ours.pieces[at].name: at for at in mine if ours.pieces[at].names}
    return {own[name]: at for at in others if (name := theirs.pieces[at].name) in own}


def _scopes_agree(
    ours: Pieces, theirs: Pieces, pairs: Sequence[tuple[int, int]], mine: Sequence[int], others: Sequence[int]
) -> bool:
    """Whether every new scope that both open both close, and the other way round."""
    same = dict(pairs)
    added = [set(mine), set(others)]
    ends = [_ends(ours, mine), _ends(theirs, others)]
    for i, j in pairs:
        if ours.pieces[i].opens:
            left, right = (each.get(at) for each, at in zip(ends, (i, j), strict=True))
            if (left is None) is not (right is None) or (left is not None and same.get(left) != right):
                return False
        elif ours.pieces[i].closes:
            closed = [
                (opener in each, opener)
                for each, side, at in ((added[0], ours, i), (added[1], theirs, j))
                for opener, _ in side.pieces[at].closes[:1]
            ]
            if not (closed[0][0] and closed[1][0] and same.get(closed[0][1]) == closed[1][1]):
                return False
    return True


def _ends(side: Pieces, added: Sequence[int]) -> dict[int, int]:
    """For each opener the first ``end`` among these that closes of it."""
    found: dict[int, int] = {}
    for at in added:
        for opener, _ in side.pieces[at].closes:
            found.setdefault(opener, at)
    return found


def _without_empty(side: Pieces, added: list[int]) -> list[int]:
    """Leave out scopes of which nothing is left."""
    kept: list[int] = []
    for at in added:
        closes = side.pieces[at].closes
        if kept and closes and {opener for opener, _ in closes} == {kept[-1]} and kept[-1] + 1 != at:
            kept.pop()
        else:
            kept.append(at)
    return kept
