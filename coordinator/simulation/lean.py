"""What simulated agents write, and what simulated builders certify of it: text that looks like Lean.

A module's interface is what its statement says, as in real Lean, where proofs are private: so a proof that lands
moves no interface, and certificates of those who import it go on holding.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from coordinator.queue.certificates import ModuleRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from agents import Assignment
    from coordinator.simulation.behaviour import Fate

_IMPORT = re.compile(r"^import (\S+)$", re.MULTILINE)
_FLAW = re.compile(r"^-- flaw: (\w+)$", re.MULTILINE)
_OPEN_PROOF = re.compile(r"^theorem (\S+) : True := sorry$", re.MULTILINE)


def write_module(assignment: Assignment, fate: Fate) -> str:
    """The file that an author of this fate hands in."""
    imports = sorted({each.module for each in assignment.dependencies})
    node = assignment.node
    kind = "def" if node.is_definition else "theorem"
    is_open = assignment.stage == "statement" and not node.is_definition
    body = "sorry" if is_open else f"trivial -- attempt {assignment.attempt}"
    lines = [f"import {module}" for module in imports]
    lines += [] if fate == "good" else [f"-- flaw: {fate}"]
    return "\n".join([*lines, "", f"{kind} {node.declaration} : True := {body}", ""])


def flaw_of(text: str) -> str:
    """The flaw that a file shows to whoever reads it; empty where it is good."""
    found = _FLAW.search(text)
    return found.group(1) if found else ""


def open_declarations(text: str) -> list[str]:
    """The declarations of a file whose proofs are open."""
    return _OPEN_PROOF.findall(text)


def imports_of(text: str) -> list[str]:
    """The modules that a file imports."""
    return _IMPORT.findall(text)


def meaning_of(declaration: str) -> str:
    """Meaning digest of a declaration."""
    return _digest(f"meaning of {declaration}")


def record_of(module: str, source: bytes) -> ModuleRecord:
    """What is certified of a module with this source."""
    text = source.decode("utf-8", "replace")
    imports = {imported: _interface(imported) for imported in imports_of(text)}
    return ModuleRecord(hashlib.sha256(source).hexdigest(), _interface(module), imports)


def records_of(sources: Mapping[str, bytes]) -> dict[str, ModuleRecord]:
    """What is certified of a whole tree's modules, by name."""
    return {module: record_of(module, source) for module, source in sources.items()}


def missing_imports(records: Mapping[str, ModuleRecord]) -> Iterable[str]:
    """Modules that a tree's modules import and that it does not hold."""
    return sorted({imported for record in records.values() for imported in record.imports} - records.keys())


def module_path(module: str) -> str:
    """A module's file."""
    return f"{module.replace('.', '/')}.lean"


def _interface(module: str) -> str:
    return _digest(f"interface of {module}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
