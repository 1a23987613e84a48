"""The last gate, where a toolchain brings it: Lean's own comparator judges what its own exporter wrote.

``lake comparator`` and ``lake check`` build, export and judge; here they only judge, and the exporter is run by itself,
on what the builder compiled. So three processes see a change, each in a sandbox of its own: one that maps the base's
compiled modules, one that maps the head's, and one that reads what these two wrote and maps neither.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from checker.build.environment import Environment
from checker.errors import UnreadableModule
from checker.kernel.compiled import PRIVATE, PUBLIC, SERVER
from checker.lean.lake import LIMITS, LakeToolchain
from checker.source.header import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from checker.build.builder import Build, Builder
    from checker.sandbox import Run

EXPORT_BYTES: Final = 8 << 30
"""The largest export. All of Mathlib's is about half of that."""
LIBRARY: Final = "Init"
"""The module without which there is nothing the comparator expects: the names the kernel reckons with."""
ROOTS: Final = "BlueproverRoots"
"""A module that imports all that an audit is about."""
_PROGRAMS: Final = ("leanexport", "leanchecker")
"""What a toolchain has that has the two commands: they came together, in Lean 4.35."""
_EMPTY_PROJECT: Final = {
    "lakefile.toml": 'name = "exports"\n',
    "lake-manifest.json": '{"version": "1.1.0", "packagesDir": ".lake/packages", "packages": [], "name": "exports"}\n',
}
"""What lake looks for before it reads an export, as far as is known."""
_ALL: Final = (PUBLIC, SERVER, PRIVATE)
_ACCEPTED: Final = "Your solution is okay!"
_REFUSED: Final = 1
"""Exit code of a judgement against; 2 says that there was none."""
_PRIMITIVES: Final = (
    "Nat", "Nat.add", "Nat.sub", "Nat.mul", "Nat.pow", "Nat.gcd", "Nat.div", "Nat.mod", "Nat.beq", "Nat.ble",
    "Nat.land", "Nat.lor", "Nat.xor", "Nat.shiftLeft", "Nat.shiftRight", "String", "String.ofList", "String.mk",
    "Char", "Char.ofNat", "List", "eagerReduce", "optParam", "autoParam", "semiOutParam", "outParam", "Quot",
    "Quot.mk", "Quot.lift", "Quot.ind",
)  # fmt: skip
"""Constants with a meaning of their own to the kernel, which the comparator expects in both exports."""


@dataclass(frozen=True, slots=True)
class Comparator:
    """The judges of one toolchain.

    Attributes:
        builder: whose sandbox, store and toolchain are used.
        lean: the toolchain.
    """

    builder: Builder
    lean: LakeToolchain

    @classmethod
    def of(cls, builder: Builder) -> Comparator | None:
        """Those of a builder's toolchain; None where it has none."""
        lean = builder.lean
        return cls(builder, lean) if isinstance(lean, LakeToolchain) and brings_comparator(lean) else None

    def compare(self, base: Build, head: Build, module: str, theorem: str, axioms: Iterable[str]) -> str:
        """Have the comparator judge a theorem of the head against its statement in the base.

        Args:
            base: a build in which the module states it.
            head: a build in which the module proves it.
            module: where it stands in both.
            theorem: its full name.
            axioms: those it may rest on. Those that the base does not have are left out.

        Returns:
            Why it is refused, or was not judged; empty when it is accepted.

        Raises:
            SandboxFailed: when the sandbox did not start.
        """
        there = Environment(base)
        permitted = [each for each in sorted(axioms) if each in there]
        primitives = [each for each in _PRIMITIVES if each in there]
        names = list(dict.fromkeys([theorem, *permitted, *primitives]))
        with self._folder() as folder:
            for build, file in ((base, "challenge"), (head, "solution")):
                problem = self._export(build, module, names, folder / file)
                if problem:
                    return problem
            told = {
                "challenge_module": module, "solution_module": module, "theorem_names": [theorem],
                "permitted_axioms": permitted,
            }  # fmt: skip
            (folder / "config.json").write_text(json.dumps(told), encoding="utf-8")
            exports = ("--challenge-from-export", "challenge", "--solution-from-export", "solution")
            run = self._lake(folder, "comparator", "--config", "config.json", *exports)
        if run.ended == "exit" and run.code == 0 and _ACCEPTED in run.output.decode("utf-8", "replace"):
            return ""
        return _problem("comparator", run)

    def check(self, tree: Path, names: Mapping[str, str]) -> str:
        """Have the kernels check declarations and all they rest on, and that they rest on the standard axioms alone.

        Args:
            tree: the folder.
            names: full names, with the modules they are declared in.

        Returns:
            Why they are refused, or were not judged; empty when they are accepted.

        Raises:
            SandboxFailed: when the sandbox did not start.
        """
        # Without `module` at its head it sees everything of what it imports.
        text = "".join(f"import {module}\n" for module in sorted(set(names.values())))
        build = self.builder.certify(tree, [ROOTS], {ROOTS: text.encode()})
        with self._folder() as folder:
            problem = self._export(build, ROOTS, sorted(names), folder / "project")
            if problem:
                return problem
            run = self._lake(folder, "check", "--from-export", "project")
        return "" if run.ended == "exit" and run.code == 0 else _problem("check", run)

    def _lake(self, folder: Path, *arguments: str) -> Run:
        """Run lake where it finds exports, an empty project, and walls of ours: its own would not stand inside them."""
        for name, text in _EMPTY_PROJECT.items():
            (folder / name).write_text(text, encoding="utf-8")
        lake = str(self.lean.root / "bin" / "lake")
        return self._run([lake, *arguments, "--inadvisably-no-sandbox"], folder, LIMITS.memory_bytes)

    def _export(self, build: Build, module: str, names: Sequence[str], target: Path) -> str:
        """Have the exporter write names of a module, with all they rest on, to a file; answer why it did not."""
        with self._folder() as folder:
            mapped = _lay_out(build, folder / "modules", self.builder)
            exporter = str(self.lean.root / "bin" / "leanexport")
            shell = ["/bin/sh", "-c", 'exec "$0" "$@" > written', exporter, module, "--", *names]
            run = self._run(shell, folder, LIMITS.memory_bytes + mapped)
            written = folder / "written"
            if run.ended != "exit" or run.code:
                return f"Lean's exporter did not write {module}: {_last(run)}"
            if written.is_symlink() or not written.is_file():
                return f"Lean's exporter wrote no file of {module}."
            written.rename(target)
        return ""

    def _run(self, command: Sequence[str], folder: Path, memory_bytes: int) -> Run:
        path = ":".join(["modules", *(str(each) for each in self.lean.packages)])
        told = [f"LEAN_PATH={path}", f"PATH={self.lean.root / 'bin'}:/usr/bin:/bin", "LEAN_ABORT_ON_PANIC=1"]
        limits = replace(LIMITS, memory_bytes=memory_bytes, file_bytes=EXPORT_BYTES)
        reads = (*self.lean.reads, self.builder.store.objects)
        with self.builder.slot():
            return self.builder.sandbox.run(["/usr/bin/env", *told, *command], folder, reads, limits)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(dir=self.builder.store.scratch))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def brings_comparator(lean: LakeToolchain) -> bool:
    """Whether a toolchain has the two commands."""
    return all((lean.root / "bin" / program).is_file() for program in _PROGRAMS)


def _lay_out(build: Build, folder: Path, builder: Builder) -> int:
    """Lay the tree's compiled modules out as Lean looks for them; answer how many bytes all modules have.

    Raises:
        UnreadableModule: when one of them did not compile.
    """
    mapped = 0
    for module, built in build.built.items():
        if not built.certificate.ok:
            raise UnreadableModule(f"{module} did not compile, and cannot be exported.")
        files = builder.files(built, _ALL)
        mapped += sum(file.stat().st_size for file in files)
        if built.files is None:
            stem = folder / path_of(module).removesuffix(".lean")
            stem.parent.mkdir(parents=True, exist_ok=True)
            for suffix in _ALL:
                for file in builder.files(built, (suffix,)):
                    stem.with_name(stem.name + suffix).symlink_to(file)
    return mapped


def _problem(command: str, run: Run) -> str:
    if run.ended == "exit" and run.code == _REFUSED:
        return f"`lake {command}` refuses it: {_last(run)}"
    return f"`lake {command}` gave no judgement: {_last(run)}"


def _last(run: Run) -> str:
    if run.ended != "exit":
        return "it did not finish in time." if run.ended == "timeout" else "it printed too much."
    said = (run.errors.strip() or run.output.strip()).decode("utf-8", "replace").splitlines()
    return said[-1] if said else f"it ended with code {run.code}."
