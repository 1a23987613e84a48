"""Who a commit says it is from."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORBIDDEN = re.compile(r"[<>\x00-\x1f\x7f]")
_MOST = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """A name and an address."""

    name: str
    email: str

    @classmethod
    def of_agent(cls, role: str, model: str) -> Identity:
        """An agent at work with a model."""
        return cls(f"{role} ({model})", "agent@blueprover.invalid")

    def on_one_line(self) -> str:
        """As git writes it; what would end the name, the address or the line is left out."""
        name, email = (_FORBIDDEN.sub("", part)[:_MOST].strip() for part in (self.name, self.email))
        return f"{name or 'nobody'} <{email}>"


BLUEPROVER = Identity("Blueprover", "coordinator@blueprover.invalid")
