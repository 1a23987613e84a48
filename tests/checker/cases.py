"""Cases of the exploit suite: a file that says what it tries, what the gate is to answer, and its honest twin.

A case is a Lean file of fields (``-- Field: value``) and parts, or a Python module whose docstring has the fields and
whose ``attack`` does what no text can:

- ``Tries`` says what it is about; ``Refused`` with which reason code, or ``Accepted``;
- ``Says`` is a piece of one of the reasons, ``Assumes`` what an accepted proof rests on;
- ``Twin`` names the honest case that goes the same way and is accepted; ``Honest`` parts are a twin of its own;
- ``Stage``, ``Target``, ``Module`` and ``Kind`` say what the change is meant to do, ``Removes`` which file goes.
- ``Allows`` and ``Options`` name words and options that the policy allows for once, to see what stands behind it.
- Parts: ``Both`` was there before, ``File`` is changed by the exploit, ``Honest`` by its twin.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker import Policy
from tests.checker.desk import HERE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker import Judgement
    from checker.gate.change import Stage
    from tests.checker.desk import Desk

EXPLOITS = HERE / "exploits"

_FIELD = re.compile(r"^(?:-- |# |\"{3})?([A-Z][a-z]+): (.*)$", re.MULTILINE)
_PART = re.compile(r"^-- (Both|File|Honest): (.*)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One exploit, or one honest change.

    Attributes:
        name: of its file.
        path: its file.
        fields: what it says of itself.
        parts: kind, path and text of each file it brings.
    """

    name: str
    path: Path
    fields: Mapping[str, str]
    parts: tuple[tuple[str, str, str], ...]

    @classmethod
    def read(cls, path: Path) -> Case:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".lean":
            head, *parts = _PART.split(text)
            cut = tuple(zip(parts[::3], parts[1::3], parts[2::3], strict=True))
        else:
            head, cut = text, ()
        return cls(path.stem, path, dict(_FIELD.findall(head)), cut)

    @property
    def honest(self) -> bool:
        return "Accepted" in self.fields

    def files(self, kind: str) -> dict[str, str | None]:
        return {path: text for each, path, text in self.parts if each == kind}

    def stage(self, desk: Desk, *, twin: bool = False) -> Judgement:
        """Make the change on a desk, and have the gate judge it."""
        desk.write_both(self.files("Both"))
        desk.write(self.files("Honest" if twin else "File"))
        if self.path.suffix == ".py":
            importlib.import_module(f"tests.checker.exploits.{self.name}").attack(desk)
        desk.policy = Policy(
            options=desk.policy.options | set(self.fields.get("Options", "").split()),
            allowed=frozenset(self.fields.get("Allows", "").split()),
        )
        if "Removes" in self.fields and not twin:
            desk.write({self.fields["Removes"]: None})
        stage: Stage = "statement" if self.fields.get("Stage") == "statement" else "proof"
        return desk.judge(
            stage,
            self.fields.get("Target", "Book.zero_add"),
            self.fields.get("Module", "Book.Nodes.ZeroAdd"),
            is_definition=self.fields.get("Kind") == "definition",
        )


def all_cases() -> list[Case]:
    return [Case.read(path) for path in sorted(EXPLOITS.iterdir()) if path.suffix in (".lean", ".py")]
