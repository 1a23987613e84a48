"""What a change from one Lean text to another touches, declaration by declaration.

This compares words. Two texts that agree here may still differ for Lean (white space can matter to it), and two that
differ may say the same; the digests of compiled modules decide that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker.source.lexer import Kind, all_tokens
from checker.source.scope import parts_of
from checker.source.words import DECLARATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from checker.source.command import Command
    from checker.source.outline import Outline

PROVED: Final = frozenset({"theorem", "lemma", "example"})
"""Declarations whose value is a proof."""
_SHAPED: Final = frozenset({"structure", "class", "inductive", "coinductive", "class inductive", "class abbrev"})
"""Declarations whose value is part of what they state."""
_SCOPES: Final = frozenset({"namespace", "section", "end", "open", "variable", "universe", "set_option"})
_IN_FORCE: Final = _SCOPES | {"omit", "include"}

Text = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs. Declarations go by full name; nameless ones by keyword and statement.

    Attributes:
        added, removed: declarations only one text has.
        restated: whose statement, modifiers or attributes differ; for a type, its fields and constructors too.
        redefined: of unchanged statement, whose value differs, and is no proof.
        reproved: of unchanged statement, whose proof differs.
        respelled: where only white space, comments or documentation differ.
        moved: that stand in another order.
        resettled: for which other ``open``, ``variable``, ``set_option`` … are in force.
        header: whether ``module`` or the imports differ.
        scopes: whether scopes differ anywhere.
        others: whether any other command differs (notations, attributes, ``#check`` …).
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    restated: tuple[str, ...] = ()
    redefined: tuple[str, ...] = ()
    reproved: tuple[str, ...] = ()
    respelled: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    resettled: tuple[str, ...] = ()
    header: bool = False
    scopes: bool = False
    others: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    keyword: str
    statement: Text
    value: Text
    spelling: str
    in_force: tuple[Text, ...]


def changes_between(before: Outline, after: Outline) -> Changes:
    """List what a change touches."""
    old, new = _entries(before), _entries(after)
    shared = [name for name in new if name in old]
    restated = [name for name in shared if old[name].statement != new[name].statement]
    revalued = [name for name in shared if name not in set(restated) and old[name].value != new[name].value]
    alike = set(shared) - {*restated, *revalued}
    return Changes(
        added=tuple(name for name in new if name not in old),
        removed=tuple(name for name in old if name not in new),
        restated=tuple(restated),
        redefined=tuple(name for name in revalued if new[name].keyword not in PROVED),
        reproved=tuple(name for name in revalued if new[name].keyword in PROVED),
        respelled=tuple(name for name in shared if name in alike and old[name].spelling != new[name].spelling),
        moved=_moved([name for name in old if name in new], shared),
        resettled=tuple(name for name in shared if old[name].in_force != new[name].in_force),
        header=words_of(before.text[: before.header.end]) != words_of(after.text[: after.header.end]),
        scopes=_others(before, within=True) != _others(after, within=True),
        others=_others(before, within=False) != _others(after, within=False),
    )


def words_of(text: str) -> Text:
    """What Lean reads of a piece of source, documentation apart."""
    skipped = (Kind.COMMENT, Kind.DOCUMENT)
    return tuple(token.text for token in all_tokens(text) if token.kind not in skipped)


def _others(outline: Outline, *, within: bool) -> list[Text]:
    left_out = DECLARATIONS | {"mutual", "/-!"}
    return [
        words_of(each.code.of(outline.text))
        for each in outline.commands
        if (each.keyword in _SCOPES) is within and each.keyword not in left_out
    ]


def _entries(outline: Outline) -> dict[str, _Entry]:
    found: dict[str, _Entry] = {}
    seen: Counter[str] = Counter()
    for command, in_force in _settled(outline):
        entry = _entry(outline.text, command, in_force)
        name = command.names[0] if command.names else " ".join(entry.statement)
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name} ({seen[name]})"] = entry
    return found


def _settled(outline: Outline) -> Iterator[tuple[Command, tuple[Text, ...]]]:
    """Every declaration with the commands in force there."""
    frames: list[list[Text]] = [[]]
    for command in outline.commands:
        words = words_of(command.code.of(outline.text)) if command.keyword in _IN_FORCE else ()
        if command.keyword in DECLARATIONS:
            yield command, tuple(each for frame in frames for each in frame)
        elif command.keyword == "mutual":
            for member in command.members:
                yield member, (*(each for frame in frames for each in frame), ("mutual",))
        elif command.keyword == "end":
            del frames[-_parts(words) :]
        elif command.keyword in ("namespace", "section"):
            frames += [[words], *([] for _ in range(_parts(words) - 1))]
        elif command.keyword in _IN_FORCE:
            frames[-1].append(words)


def _parts(words: Text) -> int:
    """How many scopes a ``namespace``, ``section`` or ``end`` opens or closes."""
    return 1 if words[-1] in ("section", "end") else len(parts_of(words[-1]))


def _entry(text: str, command: Command, in_force: tuple[Text, ...]) -> _Entry:
    code, body = command.code, command.body
    value: Text = ()
    statement = words_of(code.of(text))
    if body is not None and body.value is not None and command.keyword not in _SHAPED:
        rest = body.rest.of(text) if body.rest is not None else ""
        states = rest.startswith("deriving")
        statement = words_of(text[code.start : body.value.start]) + (words_of(rest) if states else ())
        value = words_of(body.value.of(text)) + (() if states else words_of(rest))
    return _Entry(command.keyword, statement, value, command.span.of(text), in_force)


def _moved(old: Sequence[str], new: Sequence[str]) -> tuple[str, ...]:
    """The fewest names that must move to get from one order to the other."""
    place = {name: at for at, name in enumerate(old)}
    tails: list[int] = []
    chains: list[tuple[str, ...]] = []
    for name in new:
        at = bisect_left(tails, place[name])
        chain = (*(chains[at - 1] if at else ()), name)
        if at == len(tails):
            tails.append(place[name])
            chains.append(chain)
        else:
            tails[at], chains[at] = place[name], chain
    kept = set(chains[-1]) if chains else set()
    return tuple(name for name in new if name not in kept)
