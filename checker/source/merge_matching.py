"""Which pieces of two texts are the same piece: by name, by what a scope contains, or word for word."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Final

from checker.source.changes import words_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from checker.source.merge_pieces import Piece, Pieces

_CELLS: Final = 250_000
"""The largest table by which two rows are compared; larger rows have nothing in common but their ends."""

Pair = tuple[int, int]


def match(base: Pieces, side: Pieces) -> dict[int, int]:
    """For pieces of a side, by index, the index of the piece of the base that each was.

    A declaration is the same when its full name is; a scope when most of what stands in it is the same, whatever
    it is called; an ``end`` when it closes the same; anything else when it says the same between the same
    declarations.
    """
    found = _by_name(base, side)
    _match_scopes(base, side, found)
    _match_ends(base, side, found)
    for left, right in _gaps(found, len(base.pieces), len(side.pieces)):
        _match_words(base, side, left, right, found)
    _match_ends(base, side, found)
    return found


def _by_name(base: Pieces, side: Pieces) -> dict[int, int]:
    found: dict[int, int] = {}
    used: set[int] = set()
    for at, piece in enumerate(side.pieces):
        known = next((base.named[name] for name in piece.names if name in base.named), None)
        block = piece.keyword == "mutual"
        if known is None or known in used or (base.pieces[known].keyword == "mutual") is not block:
            continue
        if block or base.pieces[known].name == piece.name:
            found[at] = known
            used.add(known)
    return found


def _match_scopes(base: Pieces, side: Pieces, found: dict[int, int]) -> None:
    """Match what opens scopes, the innermost first, since these count as contents of those around them."""
    used = set(found.values())
    children: list[list[int]] = [[] for _ in side.pieces]
    for at, piece in enumerate(side.pieces):
        if piece.scope >= 0:
            children[piece.scope].append(at)
    for at in range(len(side.pieces) - 1, -1, -1):  # what is inside stands behind what opens it
        piece = side.pieces[at]
        if not piece.opens:
            continue
        votes = Counter(base.pieces[found[each]].scope for each in children[at] if each in found)
        for candidate, _ in votes.most_common():
            if candidate >= 0 and candidate not in used and base.pieces[candidate].keyword == piece.keyword:
                found[at] = candidate
                used.add(candidate)
                break


def _match_ends(base: Pieces, side: Pieces, found: dict[int, int]) -> None:
    ends = {piece.closes: at for at, piece in enumerate(base.pieces) if piece.closes}
    for at, piece in enumerate(side.pieces):
        if piece.closes and at not in found:
            closed = tuple((found.get(opener, -1), part) for opener, part in piece.closes)
            if closed in ends:
                found[at] = ends[closed]


def _gaps(found: dict[int, int], base_length: int, side_length: int) -> list[tuple[range, range]]:
    """The stretches between matched pieces that stand in the same order in both."""
    anchors = rising(sorted(found.items()))
    gaps, base_at, side_at = [], 0, 0
    for side_index, base_index in [*anchors, (side_length, base_length)]:
        gaps.append((range(base_at, base_index), range(side_at, side_index)))
        base_at, side_at = base_index + 1, side_index + 1
    return gaps


def rising(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest part of pairs, sorted by their first, whose second ones rise too."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for at, (_, second) in enumerate(pairs):
        place = bisect_left(tails, second)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(second)
            ends.append(at)
        else:
            tails[place], ends[place] = second, at
    chain, at = [], ends[-1] if ends else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def _match_words(base: Pieces, side: Pieces, left: range, right: range, found: dict[int, int]) -> None:
    taken = set(found.values())
    old = [at for at in left if at not in taken and _is_nameless(base.pieces[at])]
    new = [at for at in right if at not in found and _is_nameless(side.pieces[at])]
    if not old or not new:
        return
    old_words = [(base.pieces[at].scope, token_of(base.pieces[at])) for at in old]
    new_words = [(_scope_in_base(side.pieces[at], found), token_of(side.pieces[at])) for at in new]
    for first, second in common(old_words, new_words):
        found[new[second]] = old[first]


def _is_nameless(piece: Piece) -> bool:
    return not piece.names and not piece.closes


def _scope_in_base(piece: Piece, found: dict[int, int]) -> int:
    """The scope around a piece as the base knows it; a new one is none of the base's."""
    return piece.scope if piece.scope < 0 else found.get(piece.scope, -2)


def token_of(piece: Piece) -> Hashable:
    """What a nameless piece is told apart by."""
    return (piece.keyword, piece.text if piece.is_comment else piece.words)


def likeness(piece: Piece) -> Hashable:
    """What stays the same of a piece when it is given another name, or another place."""
    command = piece.command
    if not piece.names or command is None:
        return token_of(piece)
    if command.body is None:
        return words_of(piece.text)
    return (piece.keyword, words_of(piece.text[command.body.signature.start - piece.start :])[1:])


def common(first: Sequence[Hashable], second: Sequence[Hashable]) -> list[Pair]:
    """The longest common part of two rows, as pairs of indices; only their ends where they are very long."""
    start = 0
    while start < min(len(first), len(second)) and first[start] == second[start]:
        start += 1
    stop = 0
    while stop < min(len(first), len(second)) - start and first[-1 - stop] == second[-1 - stop]:
        stop += 1
    rows, columns = range(start, len(first) - stop), range(start, len(second) - stop)
    inner = _longest(first, second, rows, columns) if len(rows) * len(columns) <= _CELLS else []
    ends = [(len(first) - stop + at, len(second) - stop + at) for at in range(stop)]
    return [*((at, at) for at in range(start)), *inner, *ends]


def _longest(first: Sequence[Hashable], second: Sequence[Hashable], rows: range, columns: range) -> list[Pair]:
    lengths = [[0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for i, row in reversed(list(enumerate(rows))):
        for j, column in reversed(list(enumerate(columns))):
            both = lengths[i + 1][j + 1] + 1 if first[row] == second[column] else 0
            lengths[i][j] = max(both, lengths[i + 1][j], lengths[i][j + 1])
    pairs, i, j = [], 0, 0
    while i < len(rows) and j < len(columns):
        if first[rows[i]] == second[columns[j]] and lengths[i][j] == lengths[i + 1][j + 1] + 1:
            pairs.append((rows[i], columns[j]))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
