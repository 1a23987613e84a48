"""Judging a change between two revisions of a repository, with nothing but the repository to go by."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from checker import (
    Builder,
    CertificateStore,
    Change,
    Code,
    Judgement,
    LeanChoice,
    Limits,
    Policy,
    Reason,
    Sandbox,
    judge,
)
from checker.gate.inherited import is_auxiliary
from coordinator.campaign.settings import Settings
from coordinator.errors import InputError
from coordinator.queue import landing_certificate
from coordinator.verify.ground import Ground, laid_out, module_name
from coordinator.verify.reviewed import is_open_statement, reviewed_in
from coordinator.work.tree_audit import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from checker import Build, Choice, Layout
    from checker.gate.change import Stage

SANDBOXES = ("bubblewrap", "none")
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        project: the top of a work tree, a bare repository, or a campaign's folder.
        base, head: revisions in git's words.
        target: full Lean name of what the change is about; inferred when ``None``.
        stage: what it is meant to do; inferred when ``None``.
        sandbox: ``bubblewrap`` or ``none``.
        certificates: where compiled modules are kept; nowhere when ``None``.
        lean: which Lean judges; ``auto`` for the one the base's settings say, or else its ``lean-toolchain``.
        comparator: whether the comparator of a toolchain that has one judges last.
        packages: a trusted project on this host whose packages are compiled; ``None`` where there is none.
    """

    project: Path
    base: str
    head: str
    target: str | None = None
    stage: Stage | None = None
    sandbox: str = "bubblewrap"
    certificates: Path | None = None
    lean: Choice = "auto"
    packages: Path | None = None
    comparator: bool = True


@dataclass(frozen=True, slots=True)
class ModuleVerdict:
    """One module that the change touches: its interface's digest (empty: not compiled), and whether Lean took it."""

    name: str
    interface_digest: str
    certified: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer.

    Attributes:
        base, head: the commits.
        stage: what the change was judged as; ``plain`` where it is about no declaration in particular.
        target: full Lean name of what it is about; ``None`` in a plain change.
        module: where that is declared.
        judgement: what the gate says.
        modules: those the change adds or changes.
        lean: identity of the Lean that judged.
        certificate: what the landing of the change says as its ``Certificate``; empty where it is refused.
    """

    base: str
    head: str
    stage: Literal["statement", "proof", "plain"]
    target: str | None
    module: str | None
    judgement: Judgement
    modules: tuple[ModuleVerdict, ...]
    lean: str
    certificate: str = ""


def verify(question: Question) -> Verdict:
    """Judges a change.

    Raises:
        InputError: no such repository, revision, target or sandbox.
        CoordinatorError: git failed, or the base's settings cannot be used.
        checker.CheckerError: Lean or the sandbox cannot be used.
    """
    if question.sandbox not in SANDBOXES:
        raise InputError(f"There is no sandbox {question.sandbox!r}: choose {' or '.join(SANDBOXES)}.")
    with (
        laid_out(question.project, question.base, question.head) as ground,
        _builder(question, ground) as builder,
    ):
        return _Case(question, ground, builder).verdict()


@contextmanager
def _builder(question: Question, ground: Ground) -> Iterator[Builder]:
    settings = ground.settings or Settings()
    own = settings.workers
    limits = Limits(memory_bytes=own.lean_memory_mb * _MEGABYTE, seconds=own.lean_seconds)
    sandbox = Sandbox.none() if question.sandbox == "none" else Sandbox.bubblewrap()
    with tempfile.TemporaryDirectory(prefix="blueprover-certificates-", ignore_cleanup_errors=True) as scratch:
        choice = LeanChoice(settings.lean if question.lean == "auto" else question.lean, question.packages)
        lean = choice.toolchain(ground.project, sandbox)
        store = CertificateStore(question.certificates or Path(scratch))
        builder = Builder(lean, sandbox, store, jobs=own.lean_jobs, limits=limits)
        try:
            yield builder
        finally:
            builder.close()


class _Case:
    """One question before one builder."""

    def __init__(self, question: Question, ground: Ground, builder: Builder) -> None:
        self._question = question
        self._ground = ground
        self._builder = builder
        self._build = builder.certify(ground.base)
        self._layout = _with_base(ground, self._build)
        self._reviewed = reviewed_in(self._build, self._layout)
        self._touched = ground.modules(self._layout)

    def verdict(self) -> Verdict:
        """Judge the change as what it is."""
        target = self._question.target or self._target_in_base()
        if target is not None:
            return self._about(target)
        change = self._change("", "", "proof")
        judgement = self._judge(change)
        stated = self._stated(judgement)
        return self._verdict(change, judgement) if stated is None else self._about(stated)

    def _target_in_base(self) -> str | None:
        """The one open statement of the one module that is changed."""
        if len(self._touched) != 1 or self._question.stage == "statement":
            return None
        still_open = self._reviewed.open_in(next(iter(self._touched)))
        return still_open[0] if len(still_open) == 1 else None

    def _stated(self, judgement: Judgement) -> str | None:
        """The one new open statement of the one module that is added, as Lean compiled it."""
        if len(self._touched) != 1 or self._question.stage == "proof":
            return None
        module, path = next(iter(self._touched.items()))
        certificate = judgement.certificates.get(module)
        if certificate is None or path not in self._ground.added:
            return None
        new = [n for n, d in certificate.declarations.items() if is_open_statement(d) and not is_auxiliary(n)]
        return new[0] if len(new) == 1 else None

    def _about(self, target: str) -> Verdict:
        known = self._reviewed.modules.get(target)
        stage = self._question.stage or ("statement" if known is None else "proof")
        if known is None and stage == "proof":
            raise InputError(self._no_target(target))
        change = self._change(target, known or self._new_module(target), stage)
        judgement = self._judge(change)
        if known is None and any(reason.code is Code.KIND for reason in judgement.reasons):
            # Only Lean can tell what a new declaration is: a definition is judged by the rules for those.
            change = replace(change, is_definition=True)
            judgement = self._judge(change)
        return self._verdict(change, judgement)

    def _new_module(self, target: str) -> str:
        added = [module for module, path in self._touched.items() if path in self._ground.added]
        if not added:
            raise InputError(self._no_target(target))
        last = target.rsplit(".", 1)[-1].encode()
        naming = [m for m in added if last in (self._ground.head / self._touched[m]).read_bytes()]
        return (naming or added)[0]

    def _no_target(self, target: str) -> str:
        broken = ", ".join(sorted(self._build.failures))
        hint = f" ({broken} does not compile there)" if broken else ""
        where = f"Nothing in {self._question.base} outside helper folders declares {target!r}{hint}"
        return f"{where}, and nothing was judged; give the full Lean name of a declaration it has or the change adds."

    def _change(self, target: str, module: str, stage: Stage) -> Change:
        found = self._reviewed
        return Change(
            base=self._ground.base,
            head=self._ground.head,
            stage=stage,
            target=target,
            module=module,
            is_definition=target in found.definitions,
            lock=found.locked.get(target) if stage == "proof" else None,
            open_statements=found.open_statements,
            locked=found.locked,
        )

    def _judge(self, change: Change) -> Judgement:
        judgement = judge(change, self._layout, Policy(comparator=self._question.comparator), self._builder)
        root = self._ground.root
        unseen = [
            Reason(Code.PATH, f"{each} is a submodule, or outside the Lean sources: those are for people.", each)
            for each in self._ground.unseen
        ]
        # A submodule leaves an empty folder, of which the gate complains in its own words.
        told = {each.file for each in unseen}
        placed = [replace(each, file=root + each.file if each.file else "") for each in judgement.reasons]
        seen = [each for each in placed if each.file not in told]
        return replace(judgement, accepted=judgement.accepted and not unseen, reasons=(*unseen, *seen))

    def _verdict(self, change: Change, judgement: Judgement) -> Verdict:
        names = {name for path in self._ground.changed if (name := module_name(path)) is not None}
        found = judgement.certificates
        modules = tuple(
            ModuleVerdict(name, found[name].interface_digest, found[name].ok)
            if name in found
            else ModuleVerdict(name, "", certified=False)
            for name in sorted(names)
        )
        return Verdict(
            self._ground.base_commit,
            self._ground.head_commit,
            "plain" if change.is_plain else change.stage,
            change.target or None,
            change.module or None,
            judgement,
            modules,
            self._builder.lean.identity,
            self._certificate() if judgement.accepted else "",
        )

    def _certificate(self) -> str:
        """What is certified of all the modules that are not as they were."""
        before = records(self._build.certificates)
        after = records(self._builder.certify(self._ground.head).certificates)
        return landing_certificate({**dict.fromkeys(before), **after}, before)


def _with_base(ground: Ground, build: Build) -> Layout:
    """The layout; where neither settings nor folders say what the base is, modules that declare axioms are."""
    layout = ground.layout()
    if ground.settings is not None or any((ground.base / folder).exists() for folder in layout.base):
        return layout
    axiomatic = [
        module.replace(".", "/") + ".lean"
        for module, certificate in build.certificates.items()
        if any(each.kind == "axiom" for each in certificate.declarations.values())
    ]
    return replace(layout, base=tuple(axiomatic))
