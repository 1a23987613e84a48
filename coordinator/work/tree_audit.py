"""What a worker finds when it builds a whole tree from nothing, in the words of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import audit
from checker.build.environment import SORRY, Environment
from checker.errors import AuditFailed, UnknownDeclaration
from coordinator.queue import ModuleRecord
from coordinator.work.messages import AuditEnded

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker import Build, Builder, Certificate
    from coordinator.work.messages import AuditOrder


def look_at(tree: Path, builder: Builder, order: AuditOrder, locked: Mapping[str, str]) -> AuditEnded:
    """Audits a tree with a builder that knows nothing yet; `locked` is to mean what it did, by declaration."""
    job, build = order.envelope.job, builder.certify(tree)
    if not build.ok:
        return AuditEnded(job, f"{', '.join(sorted(build.failures))} does not build.")
    try:
        axioms = audit(tree, builder, order.declarations, comparator=order.envelope.comparator)
    except (AuditFailed, UnknownDeclaration) as error:
        return AuditEnded(job, str(error))
    open_ones = sorted(name for name, found in axioms.items() if SORRY in found)
    problem = f"{', '.join(open_ones)} rests on {SORRY}." if open_ones else _broken_locks(build, locked)
    return AuditEnded(job, problem, {n: tuple(a) for n, a in axioms.items()}, records(build.certificates))


def _broken_locks(build: Build, locked: Mapping[str, str]) -> str:
    """What is wrong with the reviewed statements, empty for nothing: whoever pushed to ``main`` may have moved them."""
    environment = Environment(build)
    for name, reviewed in sorted(locked.items()):
        if name not in environment:
            return f"{name}, whose statement was reviewed, is gone."
        if environment.meaning(name) != reviewed:
            return f"{name} no longer means what was reviewed."
    return ""


def records(certificates: Mapping[str, Certificate]) -> dict[str, ModuleRecord]:
    """Certificates as the store keeps them, by module."""
    return {
        name: ModuleRecord(certificate.source_digest, certificate.interface_digest, dict(certificate.imports))
        for name, certificate in certificates.items()
    }
