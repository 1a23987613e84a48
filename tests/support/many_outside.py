"""Thousands of compiled modules outside a tree, made from one that Lean compiled: other names in it, no more.

What Lean keeps of names beside their text (hashes) is that of the first: Blueprover reads the text. Lean itself could
not import them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from checker import find_lean

if TYPE_CHECKING:
    from pathlib import Path

    from checker import Builder

_FIRST: Final = "L00000"
_SECOND: Final = "L00001"
_PARTS: Final = (".olean", ".olean.server", ".olean.private")


def name(number: int) -> str:
    """The module's name; its theorem has the same, and its proof is that of the next module's."""
    return f"Many.L{number:05}"


def write_many(folder: Path, builder: Builder, count: int) -> None:
    """Write a chain of modules, each importing the one before, the first with an axiom.

    Args:
        folder: where ``Many/L00000.olean`` and so on are to be.
        builder: compiles the two that the others are made from.
        count: how many.
    """
    sources = {
        name(0): "module\nprelude\npublic axiom Many.L00000 (p : Prop) (h : p) : p\n",
        name(1): (
            "module\nprelude\npublic import Many.L00000\n"
            "public theorem Many.L00001 (p : Prop) (h : p) : p := Many.L00000 p h\n"
        ),
    }
    build = builder.certify(folder, list(sources), {module: text.encode() for module, text in sources.items()})
    assert build.ok, build.failures
    (folder / "Many").mkdir(parents=True)
    for number in range(count):
        made_from = name(min(number, 1))
        artefacts = build.certificates[made_from].artefacts
        for part in _PARTS:
            data = builder.store.artefact(artefacts[part]).read_bytes()
            if number:
                data = _renamed(data, number)
            (folder / "Many" / f"L{number:05}{part}").write_bytes(data)


def _renamed(data: bytes, number: int) -> bytes:
    before, own = f"L{number - 1:05}".encode(), f"L{number:05}".encode()
    aside = b"L-----"
    return data.replace(_SECOND.encode(), aside).replace(_FIRST.encode(), before).replace(aside, own)


@dataclass(frozen=True)
class LeanWithMany:
    """The embedded Lean, with compiled modules in a folder beside it."""

    folder: Path

    def __getattr__(self, attribute: str) -> object:
        return getattr(find_lean(), attribute)

    def external(self, file: str, /) -> Path | None:
        """Where a compiled module is."""
        path = self.folder / file
        return path if path.is_file() else None
