"""What the checker's tests work with: a small project on a base of its own, changed one file at a time."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from checker import Change, Judgement, Layout, Policy, judge
from checker.build.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker import Build, Builder
    from checker.gate.change import Stage

HERE = Path(__file__).parent
PROJECT = HERE / "project"
LAYOUT = Layout("Book", ("Book/Base",), ("Book/Helpers",))

HEAD = "module\nprelude\npublic import Book.Nodes.Add\n"
ZERO_ADD = "Book/Nodes/ZeroAdd.lean"
STATED = "public theorem Book.zero_add (a : Num) : Eq (add .zero a) a :=\n"

PROOF = """module
prelude
public import Book.Nodes.Add
import Book.Helpers.Shared

namespace Book

public theorem zero_add (a : Num) : Eq (add .zero a) a :=
  a.rec rfl (fun _ h => congr_succ h)

end Book
"""
"""An honest proof."""

REVIEWED = ("Book.Num", "Book.add", "Book.succ_add", "Book.zero_add")
OPEN = ("Book.succ_add", "Book.zero_add")


@dataclass
class Desk:
    """A project twice: before and after a change.

    Attributes:
        builder: shared by all tests, so that the base is compiled once.
        folder: holds ``base`` and ``head``.
    """

    builder: Builder
    folder: Path
    policy: Policy = field(default_factory=Policy)

    def __post_init__(self) -> None:
        for each in (self.base, self.head):
            shutil.copytree(PROJECT, each)

    @property
    def base(self) -> Path:
        return self.folder / "base"

    @property
    def head(self) -> Path:
        return self.folder / "head"

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write (or, for None, remove) files of the head."""
        for path, content in files.items():
            target = self.head / path
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def write_both(self, files: Mapping[str, str | None]) -> None:
        """Write files that were there before the change."""
        self.write(files)
        for path in files:
            shutil.copy(self.head / path, self.base / path)

    def meanings(self) -> dict[str, str]:
        """What was reviewed in the base."""
        environment = Environment(self.certify(self.base))
        return {name: environment.meaning(name) for name in REVIEWED if name in environment}

    def certify(self, tree: Path) -> Build:
        return self.builder.certify(tree)

    def judge(
        self,
        stage: Stage = "proof",
        target: str = "Book.zero_add",
        module: str = "Book.Nodes.ZeroAdd",
        *,
        is_definition: bool = False,
    ) -> Judgement:
        """Judge the head against the base, everything of `REVIEWED` being locked."""
        locked = self.meanings()
        change = Change(
            base=self.base,
            head=self.head,
            stage=stage,
            target=target,
            module=module,
            is_definition=is_definition,
            lock=locked.get(target),
            open_statements={name: locked[name] for name in OPEN if name in locked},
            locked=locked,
        )
        return judge(change, LAYOUT, self.policy, self.builder)
