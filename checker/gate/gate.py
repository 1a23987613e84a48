"""The gate: whether a change by an agent may land. It trusts the base, the toolchain, and nothing in the head."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from checker.build.environment import SORRY, Environment, is_open
from checker.gate.canary import canary_reasons
from checker.gate.comparator import Comparator
from checker.gate.difference import difference
from checker.gate.evidence import evidence_reasons
from checker.gate.files import file_reasons, is_inside, path_reasons
from checker.gate.inherited import Inheritance
from checker.gate.judgement import Code, Judgement, Reason
from checker.gate.replay import replay_module
from checker.kernel.compiled import PUBLIC
from checker.source.header import imports_of, module_of, path_of
from checker.source.lexer import LexicalError
from checker.source.outline import outline_of
from checker.source.tree import module_paths, read_regular

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checker.build.builder import Build, Builder
    from checker.build.certificate import Certificate, Failure
    from checker.gate.change import Change, Layout, Policy

LIBRARY: Final = "Init.olean"
"""The compiled module that a Lean with a library has."""
_LIMITS: Mapping[Failure, Code] = {"timeout": Code.TIMEOUT, "memory": Code.MEMORY}


def judge(change: Change, layout: Layout, policy: Policy, builder: Builder) -> Judgement:
    """Judge a change.

    First its files and words, and only when nothing is wrong with those does Lean see it. Then everything is
    read from what the kernel accepted.

    Args:
        change: what is proposed, and what was reviewed before.
        layout: who may write where.
        policy: what an agent may write.
        builder: compiles in a sandbox the candidate has never touched.

    Raises:
        SandboxFailed: when the sandbox did not start.
    """
    touched = difference(change.base, change.head, policy.file_bytes)
    without = _does_without_library(change, layout)
    library = not without and builder.lean.external(LIBRARY) is not None
    reasons = path_reasons(change, layout, touched) + file_reasons(change.base, touched, policy, library=library)
    if reasons:
        return _refusal(reasons)
    reasons = canary_reasons(change.base, _base_modules(change, layout), builder, prelude=without)
    # From here on the head is the base and the very bytes judged above: what its folder holds now matters no more.
    changed = {module_of(each.path): each.path for each in touched}
    extra = {module_of(each.path): each.data for each in touched}
    build = builder.certify(change.base, extra=extra)
    reasons += _build_reasons(change, changed, build, builder)
    if reasons:
        return _refusal(reasons, _certificates(changed, build))
    return _Terms(change, layout, policy, builder, build, changed, extra, library=library).judgement()


def _refusal(reasons: list[Reason], certificates: Mapping[str, Certificate] | None = None) -> Judgement:
    return Judgement(
        accepted=False,
        reasons=tuple(dict.fromkeys(reasons)),
        lock=None,
        axioms={},
        assumes=(),
        certificates=certificates or {},
    )


def _certificates(changed: Mapping[str, str], build: Build) -> dict[str, Certificate]:
    return {module: build.built[module].certificate for module in changed if module in build.built}


def _base_modules(change: Change, layout: Layout) -> list[str]:
    return [module_of(path) for path in sorted(module_paths(change.base)) if is_inside(path, layout.base)]


def _does_without_library(change: Change, layout: Layout) -> bool:
    """Whether the base builds on nothing but itself."""
    paths = [path_of(module) for module in _base_modules(change, layout)]
    headers = [imports_of(read_regular(change.base / path)) for path in paths]
    return bool(headers) and all(header.prelude for header in headers)


def _build_reasons(change: Change, changed: Mapping[str, str], build: Build, builder: Builder) -> list[Reason]:
    """Every module that fails, unless it failed before and is none of the change's business."""
    if build.ok:
        return []
    before = builder.certify(change.base).failures
    reasons = []
    for module, certificate in build.failures.items():
        if module in changed or module not in before:
            path = changed.get(module) or path_of(module)
            code = _LIMITS.get(certificate.failure or "errors", Code.BUILD)
            errors = certificate.errors
            if errors:
                reasons += [Reason(code, each.message, path, each.line) for each in errors]
            else:
                reasons.append(Reason(code, certificate.detail, path))
    return reasons


def _holds_one(data: bytes) -> bool:
    """Whether a source declares one thing and no more; one that cannot be cut is taken to hold more."""
    try:
        return sum(1 for _ in outline_of(data.decode("utf-8")).declarations()) == 1
    except (LexicalError, UnicodeDecodeError):
        return False


class _Terms:
    """The second half of the judgement: on kernel terms alone."""

    def __init__(
        self,
        change: Change,
        layout: Layout,
        policy: Policy,
        builder: Builder,
        build: Build,
        changed: Mapping[str, str],
        extra: Mapping[str, bytes],
        *,
        library: bool,
    ) -> None:
        self._builder = builder
        self._library = library
        self._extra = extra
        self._change = change
        self._layout = layout
        self._policy = policy
        self._build = build
        self._changed = changed
        self._environment = Environment(build)
        held = tuple(module for module, path in changed.items() if (change.base / path).is_file())
        self._before = Inheritance(change.base, held, builder)
        self._reasons: list[Reason] = []

    def judgement(self) -> Judgement:
        """Every reason there is, and what was found."""
        self._evidence()
        self._names()
        lock: str | None = None
        axioms: dict[str, tuple[str, ...]] = {}
        assumes: tuple[str, ...] = ()
        if self._change.is_plain or self._target():
            lock = None if self._change.is_plain else self._environment.meaning(self._change.target)
            self._meanings(lock)
            assumes = self._open()
            axioms = self._axioms()
        if not self._reasons:
            self._replay()
        compared = not self._reasons and self._compare(assumes)
        reasons = tuple(dict.fromkeys(self._reasons))
        certificates = _certificates(self._changed, self._build)
        return Judgement(not reasons, reasons, lock, axioms, assumes, certificates, compared)

    def _say(self, code: Code, message: str, module: str = "") -> None:
        self._reasons.append(Reason(code, message, self._changed.get(module, "")))

    def _evidence(self) -> None:
        for module, path in self._changed.items():
            certificate = self._build.built[module].certificate
            found = evidence_reasons(path, certificate, self._policy, library=self._library)
            known = self._before.evidence(path, module, self._policy, library=self._library) if found else ()
            self._reasons += [reason for reason in found if reason not in known]

    def _names(self) -> None:
        for name, modules in self._environment.duplicates.items():
            if any(module in self._changed for module in modules):
                self._say(Code.DUPLICATE, f"`{name}` is declared in {' and in '.join(modules)}.", self._change.module)
        for module in self._changed:
            for name in self._build.built[module].certificate.declarations:
                outside = self._build.outside.find(name)
                if outside is not None:
                    self._say(Code.DUPLICATE, f"`{name}` is declared in {outside[0]} too, outside the tree.", module)

    def _target(self) -> bool:
        """Whether the target is where it should be, as what it should be."""
        change = self._change
        declaration = self._environment.declaration(change.target)
        module = self._environment.module(change.target)
        if declaration is None or module != change.module:
            where = f"; it is declared in {module}" if module else ""
            self._say(Code.MISSING, f"{change.module} does not declare `{change.target}`{where}.", change.module)
            return False
        wanted = ("definition", "inductive") if change.is_definition else ("theorem",)
        if declaration.kind not in wanted:
            kinds = " or ".join(wanted)
            self._say(Code.KIND, f"`{change.target}` is declared as {declaration.kind}, not as {kinds}.", change.module)
            return False
        return True

    def _meanings(self, lock: str | None) -> None:
        change, environment = self._change, self._environment
        if change.stage == "proof" and lock != change.lock:
            self._say(
                Code.STATEMENT,
                f"`{change.target}`, or something it is stated with, no longer means what was reviewed.",
                change.module,
            )
        for name, reviewed in {**change.locked, **change.open_statements}.items():
            if name == change.target and change.stage == "proof":
                continue
            if name not in environment:
                self._say(Code.LOCKED, f"`{name}`, which was reviewed, is gone.")
            elif environment.meaning(name) != reviewed:
                self._say(Code.LOCKED, f"`{name}` no longer means what was reviewed.", environment.module(name) or "")
        if change.stage == "proof" and lock == change.lock and self._is_shared():
            self._keep_others()

    def _is_shared(self) -> bool:
        """Whether the target's file holds more than the target in the base, which the change then has to keep."""
        path = self._change.base / path_of(self._change.module) if self._change.module else None
        return path is not None and path.is_file() and not _holds_one(read_regular(path))

    def _keep_others(self) -> None:
        """Complains about each declaration beside the target that is gone or means something else."""
        module = self._change.module
        for name, meaning in self._before.meanings(module):
            if name == self._change.target or name in self._change.locked or name in self._change.open_statements:
                continue
            if name not in self._environment:
                self._say(Code.LOCKED, f"`{name}`, which stood beside the target, is gone.", module)
            elif self._environment.meaning(name) != meaning:
                self._say(Code.LOCKED, f"`{name}`, which stands beside the target, no longer means the same.", module)

    def _open(self) -> tuple[str, ...]:
        """What the target rests on without proof; complaints about all that is open and may not be."""
        change, environment = self._change, self._environment
        stating = change.stage == "statement" and not change.is_definition
        allowed = set(change.open_statements) | ({change.target} if stating else set())
        if change.stage == "proof":
            allowed.discard(change.target)
        target = environment.declaration(change.target)
        if stating and target is not None and SORRY not in target.value_uses:
            self._say(Code.NOT_OPEN, f"The proof of `{change.target}` is to be `sorry` in this stage.", change.module)
        for module in self._changed:
            for name, declaration in self._build.built[module].certificate.declarations.items():
                if is_open(declaration) and name not in allowed and not self._was_open(name):
                    self._say(Code.SORRY, f"`{name}` rests on `sorry`.", module)
                if name in allowed and SORRY in declaration.type_uses:
                    self._say(Code.SORRY, f"The statement of `{name}` holds `sorry`.", module)
        below: set[str] = set()
        for subject in self._subjects():
            for name in environment.open_below(subject):
                below.add(name)
                home = environment.module(subject) or ""
                if name not in allowed and not (name == subject and home in self._changed):
                    self._say(Code.SORRY, f"`{subject}` rests on `{name}`, which rests on `sorry`.", home)
        return tuple(sorted(below & set(change.open_statements)))

    def _was_open(self, name: str) -> bool:
        """Whether people had left a declaration open that the change is not about."""
        return name != self._change.target and not self._change.is_plain and self._before.was_open(name)

    def _subjects(self) -> list[str]:
        """What is to be proved: the target, or of a plain change all it touches that claims a whole proof."""
        if not self._change.is_plain:
            return [self._change.target]
        declared = [self._build.built[module].certificate.declarations for module in self._changed]
        return [name for each in declared for name, found in each.items() if not is_open(found)]

    def _axioms(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for module in self._changed:
            for name in self._build.built[module].certificate.declarations:
                axioms = self._environment.axioms(name)
                if name == self._change.target or axioms or self._change.is_plain:
                    found[name] = axioms
                for each in axioms:
                    self._axiom(name, each, module)
        return found

    def _axiom(self, name: str, axiom: str, module: str) -> None:
        home = self._environment.module(axiom)
        foreign = axiom not in self._policy.axioms and axiom != SORRY
        if foreign and name != self._change.target and axiom in self._before.axioms(name):
            return
        if home is None:
            self._say(Code.AXIOM, f"`{name}` rests on `{axiom}`, which nothing declares.", module)
        elif not is_inside(path_of(home), self._layout.base) and not self._is_of_library(home):
            self._say(Code.AXIOM, f"`{name}` rests on the axiom `{axiom}`, which is not of the base.", module)
        elif axiom != SORRY and axiom not in self._policy.axioms:
            self._say(Code.AXIOM, f"`{name}` rests on the axiom `{axiom}`, which is not allowed.", module)

    def _compare(self, assumes: tuple[str, ...]) -> bool:
        """Have the toolchain's own comparator judge a proof, where there is one; whether it accepted.

        It knows nothing of conditions: where the proof rests on open statements, it is told to allow `sorryAx`.
        """
        change = self._change
        comparator = Comparator.of(self._builder) if self._policy.comparator and self._library else None
        if comparator is None or change.is_plain or change.is_definition or change.stage != "proof":
            return False
        base = self._builder.certify(change.base, [change.module])
        head = self._builder.certify(change.base, [change.module], self._extra)
        axioms = self._policy.axioms | ({SORRY} if assumes else set())
        problem = comparator.compare(base, head, change.module, change.target, axioms)
        if problem:
            self._say(Code.COMPARATOR, problem, change.module)
        return not problem

    def _is_of_library(self, module: str) -> bool:
        """Whether a module is Lean's own, and not one of a package's or the tree's."""
        path = path_of(module).removesuffix(".lean") + PUBLIC
        return self._build.built[module].files is not None and self._builder.lean.is_own(path)

    def _replay(self) -> None:
        """Have a fresh kernel check what is about to be accepted."""
        for module in self._changed:
            problem = replay_module(self._build, module, self._builder)
            if problem:
                self._say(Code.REPLAY, problem, module)
