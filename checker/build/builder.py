"""Builds trees of modules: compiles what is stale, each thing once, and answers with certificates."""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from checker.build.certificate import Certificate, Failure
from checker.build.compilation import Compiler, Order
from checker.build.memory_budget import MemoryBudget
from checker.build.outside import Outside
from checker.build.outside_constants import OutsideConstants
from checker.build.visibility import Sights, first_sight, visible
from checker.errors import CertificateDamaged
from checker.kernel.compiled import CODE, PRIVATE, PUBLIC, SERVER
from checker.kernel.terms import digest
from checker.sandbox import Limits
from checker.source.tree import Source, SourceTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from checker.build.certificates import Certificates
    from checker.lean.toolchain import Toolchain
    from checker.sandbox import Sandbox
    from checker.source.header import Header

KEY_FORMAT: Final = b"blueprover certificate 1"
_PASSING: Final = frozenset({"timeout", "memory", "crash", "output", "processes"})
"""Failures that another day may end otherwise: they are told and not kept."""
_TRIES: Final = 3
_Made = TypeVar("_Made")


@dataclass(frozen=True, slots=True)
class Built:
    """One module of a build.

    Attributes:
        source: what was compiled.
        certificate: what came of it.
        files: where its compiled files lie, by suffix, if it was compiled outside the tree; None for those that are
            in the store.
    """

    source: Source
    certificate: Certificate
    files: Mapping[str, Path] | None = None

    @property
    def header(self) -> Header:
        """What it imports."""
        return self.source.header


@dataclass(frozen=True, slots=True)
class Build:
    """A tree, or part of it, as certificates.

    Attributes:
        built: every module that was asked for, and all they import, in dependency order.
        compiled: modules Lean was run for, rather than looked up.
        outside: what the modules among them declare that come compiled; their certificates do not tell.
    """

    built: Mapping[str, Built]
    compiled: tuple[str, ...]
    outside: OutsideConstants = field(default_factory=OutsideConstants.none)

    @property
    def certificates(self) -> Mapping[str, Certificate]:
        """Certificates of the tree's modules, failed ones too."""
        return {module: each.certificate for module, each in self.built.items() if each.files is None}

    @property
    def failures(self) -> Mapping[str, Certificate]:
        """Certificates of the modules that failed."""
        return {module: each.certificate for module, each in self.built.items() if not each.certificate.ok}

    @property
    def ok(self) -> bool:
        """Whether every module compiled."""
        return all(each.certificate.ok for each in self.built.values())


class Builder:
    """Compiles modules with one Lean into one store. Many threads may share it.

    Whatever is asked for at once, no more than ``jobs`` Lean processes run, nor more than the memory has room for,
    and two threads that need the same certificate wait for one compilation.

    Attributes:
        lean: which Lean.
        sandbox: where it runs.
        store: where certificates are kept.
        limits: what one module may use.
        options: Lean options for every module.
        outside: certificates of modules that come compiled.
        jobs: Lean processes at once, as far as the memory allows.
    """

    def __init__(
        self,
        lean: Toolchain,
        sandbox: Sandbox,
        store: Certificates,
        jobs: int = 2,
        limits: Limits | None = None,
        options: Mapping[str, str | bool | int] | None = None,
        memory: MemoryBudget | None = None,
        outside: Outside | None = None,
    ) -> None:
        """Make a builder.

        Args:
            lean: which Lean.
            sandbox: where it runs.
            store: where certificates are kept.
            jobs: Lean processes at once, at most.
            limits: what one module may use.
            options: Lean options for every module; part of the keys.
            memory: what all Lean processes may use together; by default what the machine has, shared with other
                builders on it. Where it has no room for as many as ``jobs``, fewer run at once.
            outside: what another builder with this Lean knows of modules that come compiled; by default nothing.
        """
        memory = memory or MemoryBudget.of_this_machine()
        self.lean = lean
        self.sandbox = sandbox
        self.store = store
        self.options = dict(options or {})
        self.limits = memory.fit(limits or Limits())
        self.jobs = memory.processes(jobs, self.limits)
        self.outside = outside or Outside(lean, store.local)
        self._compiler = Compiler(lean, sandbox, self.limits, store.objects, store.scratch)
        self._seed = digest(KEY_FORMAT, lean.identity.encode(), repr(sorted(self.options.items())).encode())
        self._memory = memory
        self._slots = threading.Semaphore(self.jobs)
        self._workers = ThreadPoolExecutor(self.jobs, thread_name_prefix="lean")
        self._lock = threading.Lock()
        self._running: dict[str, Future[Certificate]] = {}

    def certify(
        self, tree: Path, modules: Sequence[str] | None = None, extra: Mapping[str, bytes] | None = None
    ) -> Build:
        """Certify modules and all they import, compiling what is stale.

        Args:
            tree: the folder.
            modules: what is wanted; by default every module of the folder, and the extra ones.
            extra: sources by module that are not in the folder, or stand in for what is.

        Raises:
            SandboxFailed: when the sandbox did not start.
            CertificateDamaged: when the store is damaged faster than it can be mended.
        """
        sources = SourceTree(tree, extra)
        wanted = sources.names() if modules is None else list(modules)
        return _mending(lambda: _Session(self, sources, wanted).run())

    def order(self, tree: Path, source: Source) -> Order | Certificate:
        """Certify what a source imports from a tree; answer what Lean would be given for it, or why nothing.

        Raises:
            SandboxFailed: when the sandbox did not start.
            CertificateDamaged: when the store is damaged faster than it can be mended.
        """
        imports = [each.module for each in source.header.imports]
        sources = SourceTree(tree, {source.module: source.data})
        return _mending(lambda: _Session(self, sources, imports).prepare(source))

    @contextmanager
    def slot(self, limits: Limits | None = None) -> Iterator[None]:
        """Wait for one of the slots that there are for Lean processes, and for memory on this host, and hold both.

        Args:
            limits: of the process; by default those of a module's compilation.
        """
        with self._slots, self._memory.room(limits or self.limits):
            yield

    def files(self, built: Built, suffixes: Iterable[str]) -> list[Path]:
        """Where a module's compiled files with these suffixes lie; those it does not have are left out.

        Raises:
            CertificateDamaged: when one in the store is missing or not what it was.
        """
        if built.files is not None:
            return [built.files[suffix] for suffix in suffixes if suffix in built.files]
        found = built.certificate.artefacts
        return [self.store.artefact(found[suffix]) for suffix in suffixes if suffix in found]

    def close(self) -> None:
        """Let running compilations end, and start no more."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def key(self, source: Source, seen: Iterable[bytes]) -> str:
        """The key of a module's certificate: everything its compilation depends on."""
        return digest(self._seed, source.module.encode(), source.digest.encode(), *seen).hex()

    def submit(self, order: Order) -> Future[Certificate]:
        """Have a module compiled, or join the compilation that is under way."""
        with self._lock:
            running = self._running.get(order.key)
            if running is None:
                running = self._workers.submit(self._compile, order)
                self._running[order.key] = running
            return running

    def _compile(self, order: Order) -> Certificate:
        try:
            known = self.store.get(order.key)
            if known is not None:
                return known
            with self.slot():
                certificate, artefacts = self._compiler.compile(order)
            if certificate.failure not in _PASSING:
                self.store.put(certificate, artefacts)
            return certificate
        finally:
            with self._lock:
                self._running.pop(order.key, None)


def _mending(work: Callable[[], _Made]) -> _Made:
    """Work, again where something of the store was found damaged and removed: then it is made again."""
    for left in reversed(range(_TRIES)):
        try:
            return work()
        except CertificateDamaged:
            if not left:
                raise
    raise AssertionError("the loop returns or raises")


class _Session:
    """One call of `Builder.certify`."""

    def __init__(self, builder: Builder, sources: SourceTree, wanted: Sequence[str]) -> None:
        self._builder = builder
        self._sources = sources
        self._order = sources.order(wanted)
        self._wanted = wanted
        self._built: dict[str, Built] = {}
        self._sights = Sights()
        self._compiled: list[str] = []
        self._waiting: dict[Future[Certificate], Source] = {}
        self._ready: deque[str] = deque()
        self._unknown: dict[str, int] = {}
        self._importers: dict[str, list[str]] = {}

    def run(self) -> Build:
        """Look up or compile everything, in dependency order."""
        outside = self._builder.outside.load(self._order.missing, self._sources)
        self._built.update({name: Built(each.source, each.certificate, each.files) for name, each in outside.items()})
        missing = [module for module in self._order.missing if module not in outside]
        for module in missing:
            self._fail(module, "no-source", f"The tree has no source of {module}.")
        for module, circle in self._order.cycles.items():
            self._fail(module, "import-cycle", f"Modules import one another in a circle: {circle}.")
        for module in self._order.modules:
            self._expect(module)
        while self._ready or self._waiting:
            while self._ready:
                self._settle(self._ready.popleft())
            if self._waiting:
                done, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    self._know(self._waiting.pop(future), future.result())
        asked = [module for module in missing if module in self._wanted]
        order = [*outside, *asked, *self._order.cycles, *self._order.modules]
        sound = {name: each for name, each in outside.items() if each.certificate.ok}
        constants = OutsideConstants(self._builder.outside, sound)
        return Build({module: self._built[module] for module in order}, tuple(self._compiled), constants)

    def _expect(self, module: str) -> None:
        """Have a module settled as soon as all it imports is known."""
        unknown = {each.module for each in self._source(module).header.imports} - self._built.keys()
        for each in unknown:
            self._importers.setdefault(each, []).append(module)
        self._unknown[module] = len(unknown)
        if not unknown:
            self._ready.append(module)

    def _know(self, source: Source, certificate: Certificate) -> None:
        self._built[source.module] = Built(source, certificate)
        for importer in self._importers.get(source.module, ()):
            self._unknown[importer] -= 1
            if not self._unknown[importer]:
                self._ready.append(importer)

    def _settle(self, module: str) -> None:
        """Look a module up, or send it to be compiled; all it imports is known."""
        source = self._source(module)
        if self._refused(source):
            return
        key = self._key(source)
        known = self._builder.store.get(key)
        if known is None:
            self._compiled.append(module)
            self._waiting[self._builder.submit(self._request(source, key))] = source
        else:
            self._know(source, known)

    def prepare(self, source: Source) -> Order | Certificate:
        """Build what was wanted, the imports of a source; answer what Lean would be given, or why not.

        A Lean server also opens what imports import in private, though the text sees none of it, and must find it.
        """
        self.run()
        if source.module in self._built or self._refused(source):
            return self._built[source.module].certificate
        order = self._request(source, self._key(source))
        hidden = {
            module: (self._builder.files(built, (PUBLIC,)), self._builder.files(built, CODE))
            for module, built in self._built.items()
            if module not in order.artefacts
        }
        return replace(order, artefacts={**order.artefacts, **hidden})

    def _refused(self, source: Source) -> bool:
        """Whether a module fails before Lean sees it: by its header, or by what it imports."""
        if source.problem:
            self._fail(source.module, "header", source.problem)
            return True
        for each in source.header.imports:
            below = self._built[each.module].certificate
            if not below.ok:
                self._fail_by(source.module, each.module, below.failure)
                return True
        return False

    def _key(self, source: Source) -> str:
        sights, header = self._sights, source.header
        seen = [sights.digest(each.module, first_sight(header, each), self._built) for each in header.imports]
        return self._builder.key(source, seen)

    def _request(self, source: Source, key: str) -> Order:
        """Everything Lean is given to compile a module."""
        seen = visible(source.header, self._built)
        imports, artefacts = {}, {}
        for module, sight in sorted(seen.items()):
            built = self._built[module]
            certificate = built.certificate
            if built.files is None:  # the key covers all others, and no change of the tree moves them
                imports[module] = certificate.private_digest if sight.everything else certificate.interface_digest
            parts = (PUBLIC, SERVER, PRIVATE) if sight.everything else (PUBLIC,)
            artefacts[module] = (self._builder.files(built, parts), self._builder.files(built, CODE))
        return Order(source, key, imports, artefacts, self._builder.options)

    def _source(self, module: str) -> Source:
        source = self._sources.source(module)
        assert source is not None, "modules without source are not in the order"
        return source

    def _fail_by(self, module: str, imported: str, failure: Failure | None) -> None:
        if failure == "no-source":
            self._fail(module, "missing-import", f"It imports {imported}, which the tree does not have.")
        else:
            self._fail(module, "import-failed", f"It imports {imported}, which failed.")

    def _fail(self, module: str, failure: Failure, detail: str) -> None:
        source = self._sources.source(module) or Source.absent(module)
        self._know(source, Certificate(module, "", source.digest, "", "", {}, (), {}, failure=failure, detail=detail))
