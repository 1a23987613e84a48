"""What becomes of each piece when two sides have changed a text, and in which order the pieces then stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.errors import MergeTangled
from checker.source.merge_matching import likeness, match
from checker.source.merge_parts import merge_texts
from checker.source.merge_slots import join_additions

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from checker.source.merge_pieces import Piece, Pieces

_START: Final = -1
"""Stands for the place before all pieces."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece of the result.

    Attributes:
        base, ours, theirs: the pieces it comes from; None where a text does not have it.
        text: what it becomes; None when that is a conflict.
        reason: for a conflict: why, in words.
        sides: for a conflict that is more than one piece: the three texts.
        ours_at, theirs_at: indices of the pieces in their texts; -1 for none.
    """

    base: Piece | None
    ours: Piece | None
    theirs: Piece | None
    text: str | None
    reason: str = ""
    sides: tuple[str, str, str] | None = None
    ours_at: int = -1
    theirs_at: int = -1

    @property
    def piece(self) -> Piece:
        """A piece that tells what this is about: ours, else theirs, else the base's."""
        found = self.ours or self.theirs or self.base
        assert found is not None, "something is placed because a text has it"
        return found

    @property
    def texts(self) -> tuple[str, str, str]:
        """What base, ours and theirs have here; empty for nothing."""
        if self.sides is not None:
            return self.sides
        found = ["" if each is None else each.text for each in (self.base, self.ours, self.theirs)]
        return found[0], found[1], found[2]


class Plan:
    """Three texts and what is the same in them.

    Attributes:
        base, ours, theirs: the texts.

    Raises:
        MergeTangled: when one of them declares a name twice.
    """

    def __init__(self, base: Pieces, ours: Pieces, theirs: Pieces) -> None:
        twice = [name for each in (base, ours, theirs) for name in each.twice]
        if twice:
            raise MergeTangled(f"{twice[0]} is declared twice.")
        self.base, self.ours, self.theirs = base, ours, theirs
        self._from_ours, self._from_theirs = match(base, ours), match(base, theirs)
        self._in_ours = {was: at for at, was in self._from_ours.items()}
        self._in_theirs = {was: at for at, was in self._from_theirs.items()}
        self._common = [at for at in range(len(base.pieces)) if at in self._in_ours and at in self._in_theirs]

    def placed(self, *, blocks_join: bool) -> list[Placed]:
        """The result, piece by piece.

        Args:
            blocks_join: whether what both sides add in equal new scopes is put together in one.

        Raises:
            MergeTangled: when the two sides' changes touch each other in ways that no single piece shows.
        """
        order = self._order()
        mine = self._additions(self.ours, self._from_ours, self._in_theirs)
        others = self._additions(self.theirs, self._from_theirs, self._in_ours)
        replaced = self._replaced(mine, others)
        clashing = self._settle_added_twice(order, mine, others)
        found: list[Placed] = []
        for anchor in (_START, *order):
            if anchor != _START:
                found.append(self._kept(anchor))
            found += replaced.get(anchor, [])
            for i, j in join_additions(self.ours, self.theirs, mine[anchor], others[anchor], blocks_join=blocks_join):
                found.append(self._added(i, j) if i is None or i not in clashing else self._added(i, clashing[i]))
        return found

    # ---- order

    def _order(self) -> list[int]:
        """The order of what all three texts have."""
        ours = sorted(self._common, key=self._in_ours.__getitem__)
        theirs = sorted(self._common, key=self._in_theirs.__getitem__)
        if ours == self._common:
            self._check_undisturbed(theirs, self.ours, self._from_ours)
            return theirs
        if theirs == self._common:
            self._check_undisturbed(ours, self.theirs, self._from_theirs)
            return ours
        if ours == theirs:
            return ours
        raise MergeTangled("Both sides move declarations, in different ways.")

    def _check_undisturbed(self, moved: Sequence[int], side: Pieces, known: dict[int, int]) -> None:
        """Refuse when a side changes or adds something among what the other has moved.

        Raises:
            MergeTangled: then.
        """
        differing = [at for at, (was, now) in enumerate(zip(self._common, moved, strict=True)) if was != now]
        if not differing:
            return
        disturbed = set(self._common[differing[0] : differing[-1] + 1])
        anchor = _START
        for at, piece in enumerate(side.pieces):
            was = known.get(at)
            if was is not None and was in self._in_ours and was in self._in_theirs:
                anchor = was
                changed = was in disturbed and piece.text != self.base.pieces[was].text
            else:
                changed = anchor in disturbed and (was is None or piece.text != self.base.pieces[was].text)
            if changed:
                what = piece.name or f"`{piece.keyword}`"
                raise MergeTangled(f"One side moves what stands around {what}, which the other changes or adds.")

    def _additions(self, side: Pieces, known: dict[int, int], elsewhere: dict[int, int]) -> dict[int, list[int]]:
        """What only this side has and the result needs, by the piece of all three texts that it follows."""
        found: dict[int, list[int]] = defaultdict(list)
        anchor = _START
        for at, piece in enumerate(side.pieces):
            was = known.get(at)
            if was is None:
                found[anchor].append(at)
            elif was in elsewhere:
                anchor = was
            elif piece.text != self.base.pieces[was].text:
                found[anchor].append(at)
        return found

    # ---- outcomes

    def _kept(self, was: int) -> Placed:
        i, j = self._in_ours[was], self._in_theirs[was]
        base, ours, theirs = self.base.pieces[was], self.ours.pieces[i], self.theirs.pieces[j]
        text = merge_texts(base, ours, theirs)
        return Placed(base, ours, theirs, text, "" if text is not None else "both sides change it", None, i, j)

    def _added(self, i: int | None, j: int | None) -> Placed:
        ours = None if i is None else self.ours.pieces[i]
        theirs = None if j is None else self.theirs.pieces[j]
        ours_at, theirs_at = -1 if i is None else i, -1 if j is None else j
        was = self._from_ours.get(ours_at, self._from_theirs.get(theirs_at))
        if was is not None:
            reason = "one side removes it, the other changes it"
            return Placed(self.base.pieces[was], ours, theirs, None, reason, None, ours_at, theirs_at)
        if ours is not None and theirs is not None and ours.text != theirs.text:
            return Placed(None, ours, theirs, None, "both sides add it, differently", None, ours_at, theirs_at)
        text = (ours or theirs or self.base.pieces[0]).text
        return Placed(None, ours, theirs, text, "", None, ours_at, theirs_at)

    def _replaced(self, mine: dict[int, list[int]], others: dict[int, list[int]]) -> dict[int, list[Placed]]:
        """Conflicts about pieces of the base that neither side kept, and that one may have replaced, by place.

        What stands in their place is taken out of the additions.

        Raises:
            MergeTangled: when one opens a scope, or stands elsewhere now.
        """
        found: dict[int, list[Placed]] = defaultdict(list)
        gone: dict[Hashable, Piece] = {}
        for (anchor, sort), old in self._dropped_by_both().items():
            left = [at for at in mine[anchor] if at not in self._from_ours and _sort(self.ours.pieces[at]) == sort]
            right = [
                at for at in others[anchor] if at not in self._from_theirs and _sort(self.theirs.pieces[at]) == sort
            ]
            base, ours, theirs = self.base.pieces, self.ours.pieces, self.theirs.pieces
            texts = ["\n".join(side[at].text for at in indices)
                     for side, indices in ((base, old), (ours, left), (theirs, right))]  # fmt: skip
            if texts[1] == texts[2]:
                if not texts[1] and not base[old[0]].opens:
                    gone |= {likeness(base[at]): base[at] for at in old}
                continue
            if base[old[0]].opens:
                raise MergeTangled(f"Both sides change a `{sort}`, differently.")
            mine[anchor] = [at for at in mine[anchor] if at not in left]
            others[anchor] = [at for at in others[anchor] if at not in right]
            found[anchor].append(
                Placed(
                    base[old[0]], ours[left[0]] if left else None, theirs[right[0]] if right else None, None,
                    "both sides change it, or one removes and the other renames it", (texts[0], texts[1], texts[2]),
                    left[0] if left else -1, right[0] if right else -1,
                )
            )  # fmt: skip
        if gone:
            self._check_gone(gone, mine, others)
        return found

    def _dropped_by_both(self) -> dict[tuple[int, str], list[int]]:
        """Pieces of the base that neither side has, by place and sort."""
        found: dict[tuple[int, str], list[int]] = defaultdict(list)
        anchor = _START
        for at, piece in enumerate(self.base.pieces):
            kept = at in self._in_ours, at in self._in_theirs
            if all(kept):
                anchor = at
            elif not any(kept) and not piece.closes:
                found[anchor, _sort(piece)].append(at)
        return found

    def _check_gone(
        self, gone: dict[Hashable, Piece], mine: dict[int, list[int]], others: dict[int, list[int]]
    ) -> None:
        """Refuse when what neither side has kept in its place has another name, or another place, on one of them.

        Raises:
            MergeTangled: then.
        """
        for side, known, added in ((self.ours, self._from_ours, mine), (self.theirs, self._from_theirs, others)):
            for _, at in _listed(added):
                was = gone.get(likeness(side.pieces[at])) if at not in known else None
                if was is not None:
                    raise MergeTangled(f"One side renames or moves {was.name or was.keyword}, the other removes it.")

    def _settle_added_twice(
        self, order: Sequence[int], mine: dict[int, list[int]], others: dict[int, list[int]]
    ) -> dict[int, int]:
        """Keep of a declaration that both sides add in different places only the first; where they differ, ours.

        Returns:
            For what clashes: its index in ours, and in theirs.
        """
        place = {anchor: at for at, anchor in enumerate((_START, *order))}
        where = {self.theirs.pieces[at].name: (anchor, at) for anchor, at in _listed(others)}
        clashing: dict[int, int] = {}
        for anchor, at in list(_listed(mine)):
            piece = self.ours.pieces[at]
            other = where.get(piece.name) if piece.names and at not in self._from_ours else None
            if other is None or other[0] == anchor:
                continue
            equal = (
                piece.text == self.theirs.pieces[other[1]].text and piece.force == self.theirs.pieces[other[1]].force
            )
            if equal and place[other[0]] < place[anchor]:
                mine[anchor].remove(at)
            else:
                others[other[0]].remove(other[1])
                if not equal:
                    clashing[at] = other[1]
        return clashing


def _sort(piece: Piece) -> str:
    """What a piece may be replaced by: a declaration by any, another command by one of its keyword."""
    return "declaration" if piece.names else piece.keyword


def _listed(additions: dict[int, list[int]]) -> Iterator[tuple[int, int]]:
    for anchor, indices in additions.items():
        for at in indices:
            yield anchor, at
