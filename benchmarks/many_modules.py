"""A made-up tree of many small Lean modules, which builds on nothing."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CHAPTER = 50
"""Modules in a folder."""
PROOF = "h"
OTHER_PROOF = "(fun x : p => x) h"


def module_name(number: int) -> str:
    """The name of a module by its number."""
    return f"Many.Part{number // CHAPTER}.Leaf{number}"


def module_source(number: int, proof: str = PROOF) -> str:
    """The source of a module: up to three imports and one theorem.

    Within a chapter imports are public, so that a module sees much of its chapter; between chapters they are not, as
    where a book's chapters lean on one another in proofs only.

    Args:
        number: of the module; it decides what is imported, always modules of lesser numbers.
        proof: of the theorem.
    """
    chance = random.Random(number)
    first = number - number % CHAPTER
    own = {chance.randrange(first, number) for _ in range(min(2, number - first))}
    before = {chance.randrange(first - CHAPTER, first)} if first else set()
    lines = ["module", "prelude"]
    lines += [f"public import {module_name(each)}" for each in sorted(own)]
    lines += [f"import {module_name(each)}" for each in sorted(before)]
    lines += ["", f"/-- Number {number}. -/", f"public theorem Many.leaf{number} {{p : Prop}} (h : p) : p := {proof}"]
    return "\n".join(lines) + "\n"


def write_modules(folder: Path, count: int) -> None:
    """Write so many modules below a folder."""
    for number in range(count):
        path = module_path(folder, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(module_source(number), encoding="utf-8")


def module_path(folder: Path, number: int) -> Path:
    """The file of a module."""
    return folder / (module_name(number).replace(".", "/") + ".lean")
