"""The lines at the end of a landing's message that tell where it came from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_LINE = re.compile(r"([A-Za-z][A-Za-z0-9-]*): (.*)")
_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_ENDS = re.compile(r"^(?=---)|(?<=--- )>8", re.MULTILINE)
"""What git takes for the end of a message: a line of dashes, below which a patch would stand, and scissors."""
_LONGEST_VALUE = 500
_NO_TEXT = "(no message)"


@dataclass(frozen=True, slots=True)
class Trailers:
    """Where a landing came from.

    Attributes:
        node: the label of its node.
        attempt: which attempt at it, as ``item/number``.
        reviewed_by: who approved it.
        certificates: digests of the certificates it landed with.
        cost: what it cost, as ``$0.1234``.
        others: further pairs, such as the stage.
    """

    node: str = ""
    attempt: str = ""
    reviewed_by: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    cost: str = ""
    others: tuple[tuple[str, str], ...] = ()

    def onto(self, text: str) -> str:
        """A message that says `text` and ends with these. Nothing in either can pass for a trailer it is not."""
        return write_trailers(text, [*self._pairs(), *self.others])

    @classmethod
    def of(cls, message: str) -> Trailers:
        """What a message that `onto` wrote ends with."""
        pairs = read_trailers(message)
        known = {"Node", "Attempt", "Reviewed-by", "Certificate", "Cost"}
        return cls(
            _first(pairs, "Node"),
            _first(pairs, "Attempt"),
            _all(pairs, "Reviewed-by"),
            _all(pairs, "Certificate"),
            _first(pairs, "Cost"),
            tuple(pair for pair in pairs if pair[0] not in known),
        )

    def _pairs(self) -> list[tuple[str, str]]:
        return [
            *_some("Node", [self.node]),
            *_some("Attempt", [self.attempt]),
            *_some("Reviewed-by", self.reviewed_by),
            *_some("Certificate", self.certificates),
            *_some("Cost", [self.cost]),
        ]


def write_trailers(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    """A message of `text` and, as its last paragraph, the pairs. Each value is put on one line and cut.

    Raises:
        ValueError: a key is none, or there is no pair: then the end of `text` could pass for trailers.
    """
    lines: list[str] = []
    for key, value in pairs:
        line = f"{key}: {_BREAKS.sub(' ', value)[:_LONGEST_VALUE].strip()}".rstrip()
        if not _LINE.fullmatch(f"{line} "):
            raise ValueError(f"{key!r} is no key of a trailer.")
        lines.append(line)
    if not lines:
        raise ValueError("A message needs a trailer, or the end of its text could pass for one.")
    return "\n".join([_harmless(text) or _NO_TEXT, "", *lines, ""])


def read_trailers(message: str) -> tuple[tuple[str, str], ...]:
    """The pairs of the last paragraph, in order; none where a line of it is no pair, or it is the first paragraph."""
    paragraphs = re.split(r"\n[ \t]*\n", message.strip("\n"))
    matches = [_LINE.fullmatch(f"{line} ") for line in paragraphs[-1].split("\n")]
    if len(paragraphs) == 1 or not all(matches):
        return ()
    return tuple((match[1], match[2].strip()) for match in matches if match)


def _harmless(text: str) -> str:
    """The text, with nothing in it that would make git, or one of its readers, stop before the trailers."""
    return _ENDS.sub(lambda found: "> 8" if found[0] else " ", text.replace("\0", "")).strip()


def _some(key: str, values: Sequence[str]) -> list[tuple[str, str]]:
    return [(key, value) for value in values if value]


def _first(pairs: Iterable[tuple[str, str]], key: str) -> str:
    return next(iter(_all(pairs, key)), "")


def _all(pairs: Iterable[tuple[str, str]], key: str) -> tuple[str, ...]:
    return tuple(value for name, value in pairs if name == key)
