"""What a merge must not do: put a declaration where something else is in force, declare twice, lose, or orphan."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from checker.errors import MergeTangled
from checker.source.force import NOTATIONS, Force
from checker.source.lexer import LexicalError
from checker.source.merge_header import variants_of
from checker.source.merge_mentions import Watch
from checker.source.merge_parts import says_the_same
from checker.source.merge_pieces import pieces_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checker.source.merge_header import Variant
    from checker.source.merge_pieces import Piece
    from checker.source.merge_plan import Placed, Plan


def settled(plan: Plan, placed: Sequence[Placed], *, is_module: bool) -> list[Placed]:
    """The same result, where what cannot stand has become a conflict.

    That is a declaration which one side adds or changes while the other changes what is in force there, or removes or
    renames what it mentions, or adds what it could mean instead.

    Raises:
        MergeTangled: when a scope does not close, a name is declared twice, or both sides change what is in force.
    """
    _check_once(placed)
    over_ours = Watch(plan.base, plan.ours, plan.theirs)
    over_theirs = Watch(plan.base, plan.theirs, plan.ours)
    forces = _forces(placed, is_module=is_module)
    unsettled = any(each.text is None and each.piece.changes_force for each in placed)
    found = []
    for each, force in zip(placed, forces, strict=True):
        reason = "" if each.text is None or not each.piece.is_settled else _misplaced(each, force, unsettled=unsettled)
        if each.text is not None and not reason:
            reason = over_theirs.problem(each.theirs, each.base) or over_ours.problem(each.ours, each.base)
        over_theirs.add(each.ours)
        over_ours.add(each.theirs)
        found.append(replace(each, text=None, reason=reason) if reason else each)
    return found


def check_result(plan: Plan, placed: Sequence[Placed], text: str, imports: frozenset[Variant]) -> None:
    """Cut a result again, and compare it with what it should be.

    Raises:
        MergeTangled: when a piece, an import or a name is another than it should be.
    """
    try:
        cut = pieces_of(text)
    except LexicalError as error:
        raise MergeTangled(f"What the two sides make together cannot be read: {error}") from error
    forces = _forces(placed, is_module=cut.is_module)
    if [each.text for each in cut.pieces] != [each.text for each in placed]:
        raise MergeTangled("A command or comment would be read otherwise between its new neighbours.")
    if [each.force for each in cut.pieces if each.is_settled] != [
        force for force, each in zip(forces, placed, strict=True) if each.piece.is_settled
    ]:
        raise MergeTangled("Something else would be in force than on either side.")
    if variants_of(cut) != imports:
        raise MergeTangled("The imports would not be those that the two sides ask for.")
    names = [set(each.named) for each in (plan.base, plan.ours, plan.theirs)]
    base, ours, theirs = names
    if set(cut.named) != (ours | theirs) - (base - ours) - (base - theirs) or cut.twice:
        raise MergeTangled("A declaration would be lost, or come twice.")


def _check_once(placed: Sequence[Placed]) -> None:
    count: Counter[str] = Counter()
    for each in placed:
        sides = [side for side in (each.ours, each.theirs) if side is not None]
        count.update({name for side in sides for name in side.declares})
    twice = [name for name, times in count.items() if times > 1]
    if twice:
        raise MergeTangled(f"{twice[0]} would be declared twice.")
    mine = {_sign(each.ours) for each in placed if each.base is None and each.theirs is None}
    signs = [_sign(each.theirs) for each in placed if each.base is None and each.ours is None]
    shared = [" ".join(sign) for sign in signs if sign and sign in mine]
    if shared:
        raise MergeTangled(f"Both sides give {shared[0]} a meaning.")


def _sign(piece: Piece | None) -> tuple[str, ...]:
    """What a new notation is written with."""
    if piece is None or piece.keyword not in NOTATIONS:
        return ()
    words = list(piece.words)
    end = next((at for at, two in enumerate(pairwise(words)) if two == ("=", ">")), len(words))
    return tuple(word for word in words[:end] if word.startswith('"'))


def _forces(placed: Sequence[Placed], *, is_module: bool) -> list[bytes]:
    """What is in force at each piece of the result.

    Raises:
        MergeTangled: when a scope does not close, or the beginning or end of one is itself in conflict.
    """
    force = Force(is_module=is_module)
    found = []
    for each in placed:
        found.append(force.now)
        piece = each.piece
        if each.text is None and (piece.opens or piece.closes):
            raise MergeTangled(f"Both sides change a `{piece.keyword}`, differently.")
        if not piece.names and not (each.text is None and each.ours is None):
            try:
                force.follow(piece.keyword, piece.words, piece.line)
            except LexicalError as error:
                raise MergeTangled(f"The scopes that the two sides make do not fit: {error}") from error
    return found


def _misplaced(each: Placed, force: bytes, *, unsettled: bool) -> str:
    """Why something cannot stand where this is in force; empty when it can, or when that is itself in conflict.

    Raises:
        MergeTangled: when neither side has changed it, and both have changed what is in force there.
    """
    reason = "one side adds or changes it, the other changes what is in force there"
    base, sides = each.base, [side for side in (each.ours, each.theirs) if side is not None]
    changed = [side for side in sides if base is None or not says_the_same(base, side)]
    if any(side.force != force for side in changed):
        return reason
    if not changed and base is not None and not unsettled:
        before = [side.force for side in sides if side.force != base.force]
        if before[1:] and before[0] != before[1]:
            raise MergeTangled(f"Both sides change what is in force at {each.piece.name or each.piece.keyword}.")
        if force != (before[0] if before else base.force):
            raise MergeTangled(f"Something else would be in force at {each.piece.name or each.piece.keyword}.")
    return ""
