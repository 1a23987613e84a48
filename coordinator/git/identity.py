"""Who a commit says it is from."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORBIDDEN = re.compile(r"[<>\x00-\x1f\x7f]")
_AUTHOR = re.compile(rb"^author ([^<\n]*) ?<([^>\n]*)>", re.MULTILINE)
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

    @classmethod
    def of_commit(cls, content: bytes) -> Identity:
        """The author that a commit's content names."""
        match = _AUTHOR.search(content.split(b"\n\n", 1)[0])
        name, email = (part.decode("utf-8", "replace") for part in match.groups()) if match else ("", "")
        return cls(name, email)

    def on_one_line(self) -> str:
        """As git writes it; what would end the name, the address or the line is left out."""
        name, email = (_FORBIDDEN.sub("", part)[:_MOST].strip() for part in (self.name, self.email))
        return f"{name or 'nobody'} <{email}>"


BLUEPROVER = Identity("Blueprover", "coordinator@blueprover.invalid")
