"""Lines of the journal of what is spent, as they are read: whatever a file may hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coordinator.store.expenses import COSTLY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MONEY = ("cost_usd", "input_tokens", "output_tokens")
"""What lines say of money, in the words of the store's events."""

_MOST = 1e12
"""No dollars, tokens or seconds are so many."""

_LAST = 1_000_000_000
"""No campaign has so many jobs."""


def parse_line(line: bytes) -> dict[str, Any] | None:
    """A line's values; ``None`` where it is cut off, or says what no line says."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) and _makes_sense(told) else None


def _makes_sense(told: Mapping[str, Any]) -> bool:
    is_shaped = any(names <= told.keys() for names in _SHAPES)
    return is_shaped and all(makes_sense(told[name]) for name, makes_sense in _CHECKS.items() if name in told)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LAST


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _MOST


def _is_difference(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_MOST < value < _MOST


def _is_text(value: object) -> bool:
    return isinstance(value, str)


_SHAPES = (
    {"since"},
    {"job", "sent", "kind", "label", "stage", "number", "cap_usd", "cap_tokens"},
    {"job", "sent", "ended"},
)
"""What lines say: when the journal began, that a job was sent, that it ended or what is known of it since."""

_CHECKS: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(("job", "number"), _is_number),
    **dict.fromkeys(("since", "sent", "ended", "cap_usd", "cap_tokens"), _is_amount),
    **dict.fromkeys(MONEY, _is_difference),
    **dict.fromkeys(("label", "stage", "ending"), _is_text),
    "kind": lambda value: value in COSTLY,
}
