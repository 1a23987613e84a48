"""What a worker finds when it builds a whole tree from nothing, in the words of its report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import audit
from checker.build.environment import SORRY, Environment
from checker.errors import AuditFailed, UnknownDeclaration
from checker.gate.change import STANDARD_AXIOMS
from coordinator.queue import ModuleRecord
from coordinator.work.reports import AuditEnded, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from checker import Build, Builder, Certificate, Declaration
    from coordinator.work.orders import AuditOrder


def look_at(tree: Path, builder: Builder, order: AuditOrder, locked: Mapping[str, str]) -> AuditEnded:
    """Audits a tree with a builder that knows nothing yet; `locked` is to mean what it did, by declaration.

    What is gone, or lost its proof, is no problem of the tree: `AuditEnded.standing` tells what there is.
    """
    job, build = order.envelope.job, builder.certify(tree)
    if not build.ok:
        return AuditEnded(job, f"{', '.join(sorted(build.failures))} does not build.")
    environment = Environment(build)
    finished = [name for name in order.declarations if environment.module(name) in build.built]
    try:
        axioms = audit(tree, builder, finished, comparator=order.envelope.comparator)
    except (AuditFailed, UnknownDeclaration) as error:
        return AuditEnded(job, str(error))
    problem = _broken_locks(environment, locked, order.homes)
    standing = dict.fromkeys(order.homes) | standing_of(build, environment, order.homes)
    return AuditEnded(
        job, problem, {n: tuple(a) for n, a in axioms.items()}, records(build.certificates), standing=standing
    )


def standing_of(build: Build, environment: Environment, homes: Mapping[str, bool]) -> dict[str, Standing]:
    """What a tree declares of nodes, by declaration; what it does not state as their kind asks is left out.

    Args:
        build: of the tree.
        environment: of that build.
        homes: the nodes' declarations, with whether each is to be a definition.
    """
    stated = {name for name, is_definition in homes.items() if _is_stated(build, environment, name, is_definition)}
    still_open = {
        name for name in stated if not homes[name] and SORRY in _declared(build, environment, name).value_uses
    }
    return {
        name: _standing(environment, name, still_open - {name})
        for name in sorted(stated)
        if not (homes[name] and set(environment.open_below(name)) - still_open)
        and not any(set(environment.open_below(used)) - still_open for used in _type_uses(build, environment, name))
    }


def _is_stated(build: Build, environment: Environment, name: str, is_definition: bool) -> bool:
    module = environment.module(name)
    if module is None or module not in build.built:
        return False
    declaration = _declared(build, environment, name)
    kinds = ("definition", "inductive") if is_definition else ("theorem",)
    return declaration.kind in kinds and SORRY not in declaration.type_uses


def _declared(build: Build, environment: Environment, name: str) -> Declaration:
    return build.built[environment.module(name) or ""].certificate.declarations[name]


def _type_uses(build: Build, environment: Environment, name: str) -> tuple[str, ...]:
    return _declared(build, environment, name).type_uses


def _standing(environment: Environment, name: str, assumable: set[str]) -> Standing:
    below, axioms = set(environment.open_below(name)), environment.axioms(name)
    allowed = set(axioms) <= {*STANDARD_AXIOMS, SORRY}
    assumes = tuple(sorted(below & assumable))
    is_proved = below <= assumable and allowed
    return Standing(environment.module(name) or "", environment.meaning(name), is_proved, axioms, assumes)


def _broken_locks(environment: Environment, locked: Mapping[str, str], homes: Mapping[str, bool]) -> str:
    """What is wrong with the reviewed statements, empty for nothing: whoever pushed to ``main`` may have moved them.

    A node's that is gone is not wrong: that is told as what there is of nodes.
    """
    for name, reviewed in sorted(locked.items()):
        if name not in environment:
            if name not in homes:
                return f"{name}, whose statement was reviewed, is gone."
        elif environment.meaning(name) != reviewed:
            return f"{name} no longer means what was reviewed."
    return ""


def records(certificates: Mapping[str, Certificate]) -> dict[str, ModuleRecord]:
    """Certificates as the store keeps them, by module."""
    return {
        name: ModuleRecord(certificate.source_digest, certificate.interface_digest, dict(certificate.imports))
        for name, certificate in certificates.items()
    }
