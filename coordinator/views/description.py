"""The description of a pull request for a forge: Markdown, in which nothing that an agent or a book wrote is obeyed.

What others wrote stands between fences that it cannot close, cut to a length: there no forge reads links, pictures,
mentions of people, or words that close its issues.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coordinator.views.pull_requests import Dossier, Opinion

_LONGEST_TEXT = 4_000
_LONGEST_WORDS = 120
_MOST_NAMES = 40
_MOST_VERDICTS = 12
_TICKS = re.compile(r"`+")
_SPACES = re.compile(r"\s+")


def title_of(dossier: Dossier) -> str:
    """The title: plain words on one line."""
    line = dossier.line
    return f"{'Prove' if line.stage == 'proof' else 'State'} {_one_line(line.label)}"


def description_of(dossier: Dossier) -> str:
    """The description, as Markdown."""
    return "\n".join([*_facts(dossier), *_said(dossier), *_judged(dossier), *_how_to(dossier)]).rstrip() + "\n"


def fenced(text: str) -> str:
    """Text of others as a block that no renderer interprets, however it ends, cut to a length."""
    kept = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text.strip())
    if len(kept) > _LONGEST_TEXT:
        kept = f"{kept[:_LONGEST_TEXT]}\n[cut after {_LONGEST_TEXT} characters]"
    longest = max((len(ticks) for ticks in _TICKS.findall(kept)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{kept}\n{fence}"


def inline(text: str) -> str:
    """A few words of others as code within a line, cut to a length; what is empty is said to be so."""
    kept = _one_line(text)
    if not kept:
        return "(none)"
    ticks = "`" * (max((len(each) for each in _TICKS.findall(kept)), default=0) + 1)
    space = " " if "`" in kept else ""
    return f"{ticks}{space}{kept}{space}{ticks}"


def _one_line(text: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST_WORDS])
    kept = _SPACES.sub(" ", plain).strip()
    return kept if len(kept) <= _LONGEST_WORDS else f"{kept[: _LONGEST_WORDS - 1]}…"


def _facts(dossier: Dossier) -> Iterator[str]:
    line = dossier.line
    yield f"Pull request {line.number} of a Blueprover campaign: the {line.stage} of {inline(line.label)}."
    yield ""
    yield f"- by {inline(line.author)}, for ${dossier.cost_usd:.2f}; it is {line.state}"
    yield f"- from {inline(line.base)} to {inline(line.head)}"
    if dossier.certified:
        yield f"- certified by the gate, joined with {inline(dossier.certified)}; joined by {inline(dossier.rung)}"
        yield f"- meaning of what it states: {inline(dossier.lock)}"
        yield f"- axioms: {_names(dossier.axioms)}"
        yield f"- rests on statements that were open: {_names(dossier.assumes)}"
        yield f"- modules certified: {_names(sorted(dossier.modules))}"
    else:
        yield "- not certified yet"
    if dossier.closes:
        yield f"- closes {len(dossier.closes)} issue(s) of the campaign when it lands"


def _names(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return (", ".join(map(inline, names[:_MOST_NAMES])) or "none") + more


def _said(dossier: Dossier) -> Iterator[str]:
    if dossier.summary.strip():
        yield from ("", "What its author says:", "", fenced(dossier.summary))
    if dossier.reason.strip():
        yield from ("", "Why it was sent back:", "", fenced(dossier.reason))


def _judged(dossier: Dossier) -> Iterator[str]:
    counting = [each for each in dossier.verdicts if each.counts]
    if not counting:
        yield from ("", "No verdict has been given of this commit.")
    for each in counting[:_MOST_VERDICTS]:
        yield from _verdict(each)


def _verdict(opinion: Opinion) -> Iterator[str]:
    yield from ("", f"Seat {opinion.seat}, {inline(opinion.reviewer)}: {inline(opinion.decision)}.")
    if opinion.reasons.strip():
        yield from ("", fenced(opinion.reasons))


def _how_to(dossier: Dossier) -> Iterator[str]:
    number = dossier.line.number
    yield ""
    yield "Do not merge it here: it lands in the campaign, through the gate. Whoever runs that brings commits pushed to"
    yield f"this branch back with `blueprover pr fetch FOLDER {number}`; then it is certified and reviewed anew."
