"""Compiles one module with Lean in the sandbox, and reads what came out."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from checker.build.certificate import Certificate, Failure
from checker.errors import UnreadableModule
from checker.kernel.compiled import CODE, PRIVATE, PUBLIC, SERVER, read_compiled
from checker.lean.diagnostic import Diagnostic
from checker.source.tree import read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from checker.lean.toolchain import Toolchain
    from checker.sandbox import Ending, Limits, Run, Sandbox
    from checker.source.tree import Source

INDEX: Final = ".ilean"
"""Suffix of the index for editors and the site."""
SUFFIXES: Final = (PUBLIC, SERVER, PRIVATE, *CODE, INDEX)
_STEM: Final = "made"
_SEVERITIES: Final = {"error": "error", "warning": "warning"}
_MEMORY_WORDS: Final = (b"out of memory", b"excessive memory consumption", b"bad_alloc", b"Cannot allocate memory")
RESERVED_BYTES: Final = 3 << 30
"""Address space Lean reserves and never touches: its library, its allocator's arenas, thread stacks."""
STACK_KILOBYTES: Final = 64 << 10
"""Stack of each of Lean's threads."""
_LIMIT_WORDS: Final[Mapping[Ending, str]] = {
    "timeout": "Lean did not finish within {0.seconds:g} s.",
    "output": "Lean printed over {0.output_bytes} bytes.",
    "processes": "Lean had over {0.processes} processes and threads.",
}
_KILLED: Final = 137
"""Exit code by which a wrapper tells that its child was killed: here only the kernel's memory killer does that."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be compiled.

    Attributes:
        source: the module.
        key: the key of its certificate.
        imports: digests of what is visible, for the certificate.
        artefacts: for every visible module, paths of its compiled parts and of its code.
        options: Lean options.
    """

    source: Source
    key: str
    imports: Mapping[str, str]
    artefacts: Mapping[str, tuple[Sequence[Path], Sequence[Path]]]
    options: Mapping[str, str | bool | int]

    @property
    def mapped_bytes(self) -> int:
        """Bytes of all artefacts: Lean maps them into its address space, and shares them with whoever else does."""
        files = (path for parts, code in self.artefacts.values() for path in (*parts, *code))
        return sum(path.stat().st_size for path in files)


@dataclass(frozen=True, slots=True)
class Compiler:
    """Lean in a sandbox.

    Attributes:
        lean: which Lean.
        sandbox: where it runs.
        limits: what one module may use; memory is what Lean itself counts.
        objects: folder of artefacts, readable in the sandbox.
        scratch: folder for outputs, on the same disk.
    """

    lean: Toolchain
    sandbox: Sandbox
    limits: Limits
    objects: Path
    scratch: Path

    def compile(self, order: Order) -> tuple[Certificate, dict[str, bytes]]:
        """Compile a module; answer its certificate and the contents of its artefacts by suffix.

        Raises:
            SandboxFailed: when the sandbox did not start.
        """
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            (folder / "source.lean").write_bytes(order.source.data)
            (folder / "setup.json").write_text(setup_of(order), encoding="utf-8")
            room = self.limits.memory_bytes + RESERVED_BYTES + order.mapped_bytes
            limits = replace(self.limits, memory_bytes=room)
            run = self.sandbox.run(self._command(), folder, (*self.lean.reads, self.objects), limits)
            failure, detail, diagnostics = _verdict(run, self.limits)
            artefacts = {} if failure else _collect(folder, self.limits.file_bytes)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return _certificate(order, run, failure, detail, diagnostics, artefacts)

    def _command(self) -> list[str]:
        return self.lean.command(
            "--json", "--setup=setup.json", f"--memory={self.limits.memory_bytes >> 20}",
            f"--tstack={STACK_KILOBYTES}", "-o", _STEM + PUBLIC, "-i", _STEM + INDEX,
            "source.lean",
        )  # fmt: skip


def setup_of(order: Order) -> str:
    """What Lean is told beside the source: the module's name, and where its imports are; nothing else is searched."""
    return json.dumps(
        {
            "name": order.source.module,
            "package": None,
            "isModule": order.source.header.is_module,
            "importArts": {
                module: [[str(path) for path in parts], [str(path) for path in code]]
                for module, (parts, code) in order.artefacts.items()
            },
            "dynlibs": [],
            "plugins": [],
            "options": dict(order.options),
        }
    )


def _verdict(run: Run, limits: Limits) -> tuple[Failure | None, str, list[Diagnostic]]:
    diagnostics, strange = _messages(run.output)
    if run.ended != "exit":
        return run.ended, _LIMIT_WORDS[run.ended].format(limits), diagnostics
    if run.code and (run.code in (-9, _KILLED) or any(word in run.output + run.errors for word in _MEMORY_WORDS)):
        return "memory", f"Lean needed over {limits.memory_bytes >> 20} MB of memory.", diagnostics
    errors = [each for each in diagnostics if each.severity == "error"]
    if run.code < 0 or run.code > 1 or (run.code and not errors):
        said = (run.errors.decode("utf-8", "replace").strip() or strange).splitlines()
        return "crash", f"Lean ended with code {run.code}: {said[-1] if said else 'no message'}", diagnostics
    if errors or run.code:
        return "errors", f"Lean reports {len(errors)} errors.", diagnostics
    return None, "", diagnostics


def _messages(output: bytes) -> tuple[list[Diagnostic], str]:
    """The messages Lean printed, one JSON object a line, and the last line that is none."""
    found, strange = [], ""
    for line in output.decode("utf-8", "replace").split("\n"):
        try:
            message: Any = json.loads(line)
            found.append(_diagnostic(message))
        except (ValueError, KeyError, TypeError):
            strange = line.strip() or strange
    return found, strange


def _diagnostic(message: dict[str, Any]) -> Diagnostic:
    start = message["pos"]
    end = message.get("endPos") or start
    return Diagnostic(
        severity=_SEVERITIES.get(message["severity"], "information"),  # type: ignore[arg-type]
        line=int(start["line"]),
        column=int(start["column"]),
        end_line=int(end["line"]),
        end_column=int(end["column"]),
        kind="" if message.get("kind", "[anonymous]") == "[anonymous]" else str(message["kind"]),
        message=str(message["data"]),
    )


def _collect(folder: Path, largest: int) -> dict[str, bytes]:
    found = {}
    for suffix in SUFFIXES:
        path = folder / (_STEM + suffix)
        try:
            if path.lstat().st_size <= largest:
                found[suffix] = read_regular(path)
        except OSError:
            continue
    return found


def _certificate(
    order: Order,
    run: Run,
    failure: Failure | None,
    detail: str,
    diagnostics: list[Diagnostic],
    artefacts: dict[str, bytes],
) -> tuple[Certificate, dict[str, bytes]]:
    compiled = None
    if failure is None:
        try:
            compiled = read_compiled({suffix: data for suffix, data in artefacts.items() if suffix != INDEX})
        except UnreadableModule as error:
            failure, detail, artefacts = "unreadable", str(error), {}
    certificate = Certificate(
        module=order.source.module,
        key=order.key,
        source_digest=order.source.digest,
        interface_digest=compiled.interface_digest if compiled else "",
        private_digest=compiled.private_digest if compiled else "",
        imports=order.imports,
        diagnostics=tuple(diagnostics),
        declarations=compiled.declarations if compiled else {},
        extensions=compiled.extensions if compiled else (),
        failure=failure,
        detail=detail,
        artefacts={suffix: sha256(data).hexdigest() for suffix, data in artefacts.items()},
        seconds=round(run.seconds, 3),
    )
    return certificate, artefacts
