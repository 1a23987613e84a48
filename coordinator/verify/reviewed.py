"""What a base revision holds that a change must keep, read from its own compiled modules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checker import path_of
from checker.build.environment import SORRY, Environment, is_open
from checker.gate.inherited import is_auxiliary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker import Build, Declaration, Layout


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What the base of a change holds.

    Attributes:
        locked: meaning digests of what people declared outside helper folders.
        open_statements: those of them that are theorems resting directly on `sorryAx`.
        definitions: those that are no theorems.
        modules: where each is declared.
    """

    locked: Mapping[str, str]
    open_statements: Mapping[str, str]
    definitions: frozenset[str]
    modules: Mapping[str, str]

    def open_in(self, module: str) -> list[str]:
        """The open statements of a module, sorted."""
        return sorted(name for name in self.open_statements if self.modules[name] == module)


def reviewed_in(build: Build, layout: Layout) -> Reviewed:
    """Reads what a build of the base holds; modules that do not compile declare nothing."""
    environment = Environment(build)
    modules, locked, still_open, definitions = {}, {}, {}, set()
    for module, built in build.built.items():
        if any(path_of(module).startswith(folder.rstrip("/") + "/") for folder in layout.helpers):
            continue
        for name, declaration in built.certificate.declarations.items():
            if is_auxiliary(name):
                continue
            modules[name] = module
            locked[name] = environment.meaning(name)
            if is_open_statement(declaration):
                still_open[name] = locked[name]
            if declaration.kind != "theorem":
                definitions.add(name)
    return Reviewed(locked, still_open, frozenset(definitions), modules)


def is_open_statement(declaration: Declaration) -> bool:
    """Whether it is a theorem whose proof alone is left open."""
    return declaration.kind == "theorem" and is_open(declaration) and SORRY not in declaration.type_uses
