"""What a merge must not do: put a declaration where something else is in force, declare twice, lose, or orphan."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from checker.errors import MergeTangled
from checker.source.force import Force
from checker.source.lexer import Kind, LexicalError, all_tokens
from checker.source.merge_header import variants_of
from checker.source.merge_parts import says_the_same
from checker.source.merge_pieces import pieces_of
from checker.source.scope import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checker.source.merge_header import Variant
    from checker.source.merge_pieces import Piece, Pieces
    from checker.source.merge_plan import Placed, Plan


def settled(plan: Plan, placed: Sequence[Placed], *, is_module: bool) -> list[Placed]:
    """The same result, where what cannot stand has become a conflict.

    That is a declaration which one side adds or changes while the other changes what is in force there, or removes or
    renames what it mentions.

    Raises:
        MergeTangled: when a scope does not close, a name is declared twice, or both sides change what is in force.
    """
    _check_once(placed)
    gone_from_ours, gone_from_theirs = _gone(plan.base, plan.ours), _gone(plan.base, plan.theirs)
    forces = _forces(placed, is_module=is_module)
    unsettled = any(each.text is None and each.piece.changes_force for each in placed)
    found = []
    for each, force in zip(placed, forces, strict=True):
        reason = "" if each.text is None or not each.piece.is_settled else _misplaced(each, force, unsettled=unsettled)
        if each.text is not None and not reason:
            reason = _orphan(each.theirs, each.base, gone_from_ours) or _orphan(each.ours, each.base, gone_from_theirs)
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


def _check_once(placed: Iterable[Placed]) -> None:
    count: Counter[str] = Counter()
    for each in placed:
        sides = [side for side in (each.ours, each.theirs) if side is not None]
        count.update({name for side in sides for name in side.names})
    twice = [name for name, times in count.items() if times > 1]
    if twice:
        raise MergeTangled(f"{twice[0]} would be declared twice.")


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


def _gone(base: Pieces, side: Pieces) -> frozenset[str]:
    """Last parts of the names that a side has removed or renamed."""
    return frozenset(parts_of(name)[-1] for name in base.named if name not in side.named)


def _orphan(piece: Piece | None, base: Piece | None, gone: frozenset[str]) -> str:
    """Why a piece that a side adds or changes cannot do without what the other removed; empty when it can."""
    if not gone or piece is None or piece.is_comment or (base is not None and piece.text == base.text):
        return ""
    mentioned = {part for token in all_tokens(piece.text) if token.kind is Kind.WORD for part in parts_of(token.text)}
    lost = sorted(mentioned & gone)
    return f"the other side removes or renames {lost[0]}, which it mentions" if lost else ""
