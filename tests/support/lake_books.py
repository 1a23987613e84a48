"""A book of lake whose statements are about what a package declares, and a host's folder where that is compiled."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker import LakeProject
from checker.lean.lake import installed_toolchain
from tests.support.sandboxes import any_sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOGIC = Path(__file__).parent.parent / "checker" / "project" / "Book" / "Base" / "Logic.lean"
MODULE: Final = "Book/Nodes/Same.lean"
TARGET: Final = "Book.same"
MANIFEST: Final = '{"version": "1.1.0", "packages": [{"name": "more", "type": "path", "dir": ".lake/packages/more"}]}\n'
_STATED: Final = "module\npublic import More.Basic\n\npublic theorem Book.same (a : More.Thing) : Eq a a :=\n"
OPEN: Final = f"{_STATED}  sorry\n"
PROOF: Final = f"{_STATED}  More.same a\n"
FILES: Final = {
    "lean-toolchain": "leanprover/lean4:v4.35.0\n",
    "lakefile.toml": 'name = "book"\n\n[[lean_lib]]\nname = "Book"\n',
    "lake-manifest.json": MANIFEST,
    "campaign.yaml": "library: Book\n",
    MODULE: OPEN,
}
"""The book, without its package."""
_PACKAGE: Final = {
    "lakefile.toml": 'name = "more"\n\n[[lean_lib]]\nname = "More"\n',
    "More/Deep.lean": "module\npublic inductive More.Thing where\n  | one\n",
    "More/Basic.lean": (
        "module\npublic import More.Deep\npublic axiom Quot.sound : True\n"
        "public theorem More.same (a : More.Thing) : Eq a a := rfl\n"
        "public theorem More.chosen (a : More.Thing) : Eq a a := (fun (_ : True) => rfl) Quot.sound\n"
        "public theorem More.open (a : More.Thing) : Eq a a := sorry\n"
    ),
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


def host_project(folder: Path, toolchain: Path, package: Mapping[str, str] | None = None) -> Path:
    """The same book where its package is there and compiled, by the lake of a toolchain.

    Args:
        folder: where it is to be.
        toolchain: with a library of its own.
        package: files of the package that are other than usual.
    """
    write(folder, FILES)
    write(folder / ".lake" / "packages" / "more", {**_PACKAGE, **(package or {})})
    built = LakeProject(folder, installed_toolchain(toolchain), any_sandbox()).build(["More"])
    assert built.ok, (built.detail, built.messages)
    return folder


def give_library(toolchain: Path) -> Path:
    """Give a stand-in for a toolchain a library: the checker's small logic, as `Init`."""
    library = toolchain / "lib" / "lean"
    sources = {
        "Init.Prelude": _LOGIC.read_text(encoding="utf-8"),
        "Init": "module\nprelude\npublic import Init.Prelude\n",
    }
    found: dict[str, list[object]] = {}
    for module, text in sources.items():
        target = library / (module.replace(".", "/") + ".olean")
        target.parent.mkdir(exist_ok=True)
        source, setup = target.with_suffix(".lean"), target.with_suffix(".setup.json")
        source.write_text(text, encoding="utf-8")
        told = {"name": module, "isModule": True, "importArts": found}
        rest: dict[str, object] = {"package": None, "dynlibs": [], "plugins": [], "options": {}}
        setup.write_text(json.dumps({**told, **rest}), encoding="utf-8")
        command = [str(toolchain / "bin" / "lean"), f"--setup={setup}", "-o", str(target), str(source)]
        subprocess.run(command, check=True, capture_output=True)
        found[module] = [[str(each) for each in (target, *target.parent.glob(target.name + ".*"))], []]
    return toolchain
