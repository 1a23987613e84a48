"""Modules known to be bad, judged by the same code in the same run: if they pass, nothing can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.build.environment import SORRY, Environment
from checker.gate.inherited import is_plain
from checker.gate.judgement import Code, Reason
from checker.source.header import path_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from checker.build.builder import Builder

OPEN: Final = "BlueproverCanaryOpen"
"""Proves everything with `sorryAx` and with an axiom of its own."""
WRONG: Final = "BlueproverCanaryWrong"
"""Proves something with a term of another type."""

_OPEN_TEXT: Final = """
public section
axiom BlueproverCanary.axiom (p : Prop) : p
theorem BlueproverCanary.hidden (p : Prop) : p := sorryAx p Bool.true
theorem BlueproverCanary.open (p : Prop) : p := BlueproverCanary.hidden p
theorem BlueproverCanary.assumed (p : Prop) : p := BlueproverCanary.axiom p
"""
_WRONG_TEXT: Final = """
public section
theorem BlueproverCanary.wrong (p q : Prop) (h : p) : q := h
"""


def canary_reasons(tree: Path, base: Sequence[str], builder: Builder, *, prelude: bool) -> list[Reason]:
    """Judge the canaries on top of a project's base.

    They are compiled by the same builder as the change, so their certificates are found in its store once this
    toolchain and base have seen them; what is read from those certificates is judged anew each time.

    Args:
        tree: a folder that holds the base.
        base: the base's modules.
        builder: the one that judges the change.
        prelude: whether the base does without Lean's own library.
    """
    extra = {
        OPEN: _source(tree, base, _OPEN_TEXT, prelude=prelude),
        WRONG: _source(tree, base, _WRONG_TEXT, prelude=prelude),
    }
    build = builder.certify(tree, [OPEN, WRONG], extra)
    complaints = []
    if build.certificates[WRONG].failure != "errors":
        complaints.append("a wrong proof was not refused")
    environment = Environment(build)
    if not build.certificates[OPEN].ok:
        complaints.append("the canary did not compile: " + build.certificates[OPEN].detail)
    elif SORRY not in environment.axioms("BlueproverCanary.open"):
        complaints.append("a hidden `sorry` was not seen")
    elif "BlueproverCanary.axiom" not in environment.axioms("BlueproverCanary.assumed"):
        complaints.append("a new axiom was not seen")
    return [Reason(Code.CANARY, f"The canary lives: {each}. Nothing is accepted.") for each in complaints]


def _source(tree: Path, base: Sequence[str], text: str, *, prelude: bool) -> bytes:
    """A canary's source: a module, unless the base holds files that no module may import."""
    is_module = not any(is_plain(path_of(each), tree, {}) for each in base)
    lines = ["module"] if is_module else []
    lines += ["prelude"] if prelude else []
    lines += [f"{'public ' if is_module else ''}import {each}" for each in base]
    return "\n".join([*lines, text if is_module else text.replace("public section\n", "")]).encode()
