"""Problems of a blueprint: what is wrong, where, how badly, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from blueprint.node import Place

Severity = Literal["error", "warning", "info"]
"""``error``: the graph cannot be trusted; ``warning``: probably not what was meant; ``info``: good to know."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding.

    Attributes:
        place: where it was found.
        code: stable name, such as ``BP101``; documented in the manual.
        severity: how bad it is.
        message: one sentence, with the remedy where there is one.
    """

    place: Place
    code: str
    severity: Severity
    message: str
