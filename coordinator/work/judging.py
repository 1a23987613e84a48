"""The gate's answers in the words of reports: of one change, and of several branches joined and built at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checker import Change, Layout, Policy, judge
from coordinator.work.reports import BuildEnded, JointEnded, JointVerdict
from coordinator.work.tree_audit import records

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from checker import Build, Builder, Certificate, Reason
    from coordinator.work.locks import Locks
    from coordinator.work.orders import BuildOrder, Envelope, JointMember, JointOrder
    from coordinator.work.trees import Tree

    Lender = Callable[..., AbstractContextManager[tuple[Tree, ...]]]

REASON_LENGTH = 4000
"""Characters of a reason, or of what Lean says of one module."""


def build_alone(order: BuildOrder, lend: Lender, builder: Builder, locks: Locks) -> BuildEnded:
    """Judges one branch, joined with the tip.

    Args:
        order: what is asked.
        lend: lends trees: given an envelope and commits, one of each, for as long as a context lasts.
        builder: compiles in a sandbox.
        locks: what is locked.
    """
    job, own = order.envelope.job, _Known.of(locks)
    with lend(order.envelope, order.envelope.base, order.head) as (base, head):
        change = own.change(order, base, head)
        judgement = judge(change, _layout(order.envelope), _policy(order.envelope), builder)
        if not judgement.accepted:
            reasons = tuple(f"{reason}"[:REASON_LENGTH] for reason in judgement.reasons)
            return BuildEnded(job, accepted=False, reasons=reasons)
        before, after = builder.certify(change.base), builder.certify(change.head)
    if not after.ok:
        broken = tuple(f"{name} no longer builds." for name in sorted(after.failures))
        return BuildEnded(job, accepted=False, reasons=broken)
    return BuildEnded(
        job,
        accepted=True,
        lock=judgement.lock or "",
        axioms=judgement.axioms.get(order.target, ()),
        assumes=judgement.assumes,
        modules=records(_changed(before, after)),
    )


def build_joint(order: JointOrder, lend: Lender, builder: Builder, locks: Locks) -> JointEnded:
    """Judges each of several branches as `build_alone` would, and compiles all of them joined.

    A member is judged as a change of the tip; or where others touch its files, of the tip with those joined, which
    were accepted just before: what they state is locked for it. Where one of them was refused it is not judged. Lean
    sees them joined only when the gate has nothing against the files and words of any: what all of them need is then
    compiled already.
    """
    accepted: dict[int, JointVerdict] = {}
    found: list[tuple[JointVerdict, bool]] = []
    members = {member.number: member for member in order.members}
    for member in order.members:
        if not accepted.keys() >= set(member.follows):
            continue
        known = _Known.of(locks)
        for number in member.follows:
            known.land(members[number], accepted[number].lock)
        verdict, compiled = _judge_member(order.envelope, member, lend, builder, known)
        found.append((verdict, compiled))
        if verdict.accepted:
            accepted[member.number] = verdict
    ended = JointEnded(order.envelope.job, verdicts=tuple(verdict for verdict, _ in found))
    if len(found) < len(order.members) or not all(compiled for _, compiled in found):
        return ended
    with lend(order.envelope, order.envelope.base, order.head) as (base, head):
        before, after = builder.certify(base.folder), builder.certify(head.folder)
    failing = {name: each for name, each in after.failures.items() if each.failure != "import-failed"}
    return replace(
        ended,
        modules=records({name: each for name, each in _changed(before, after).items() if each.ok}),
        gone=tuple(sorted(before.certificates.keys() - after.certificates.keys())),
        broken=records({name: each for name, each in failing.items() if each.failure == "errors"}),
        failures={name: _says(each) for name, each in failing.items()},
    )


@dataclass
class _Known:
    """What is locked, and what of it is open, for one judgement."""

    locked: dict[str, str]
    open: dict[str, str]

    @classmethod
    def of(cls, locks: Locks) -> _Known:
        return cls(dict(locks.locked), dict(locks.open_besides("")))

    def land(self, member: JointMember, lock: str) -> None:
        """Takes note of a member that is to land before."""
        self.locked[member.target] = lock
        self.open.pop(member.target, None)
        if member.stage == "statement" and not member.is_definition:
            self.open[member.target] = lock

    def change(self, about: BuildOrder | JointMember, base: Tree, head: Tree) -> Change:
        return Change(
            base=base.folder,
            head=head.folder,
            stage=about.stage,
            target=about.target,
            module=about.module,
            is_definition=about.is_definition,
            lock=about.lock,
            open_statements={name: digest for name, digest in self.open.items() if name != about.target},
            locked=self.locked,
        )


def _judge_member(
    envelope: Envelope, member: JointMember, lend: Lender, builder: Builder, known: _Known
) -> tuple[JointVerdict, bool]:
    """The verdict, and whether it came to Lean."""
    with lend(envelope, member.base, member.head) as (base, head):
        change = known.change(member, base, head)
        judgement = judge(change, _layout(envelope), _policy(envelope), builder)
        if not judgement.accepted:
            reasons = tuple(_reason(each, member) for each in judgement.reasons)
            return JointVerdict(member.number, accepted=False, reasons=reasons), bool(judgement.certificates)
        before, after = builder.certify(change.base), builder.certify(change.head)
    if not after.ok:
        broken = tuple((name, "It no longer builds.") for name in sorted(after.failures))
        return JointVerdict(member.number, accepted=False, reasons=broken), True
    verdict = JointVerdict(
        member.number,
        accepted=True,
        lock=judgement.lock or "",
        axioms=judgement.axioms.get(member.target, ()),
        assumes=judgement.assumes,
        modules=records(_changed(before, after)),
    )
    return verdict, True


def _reason(reason: Reason, member: JointMember) -> tuple[str, str]:
    return reason.file or member.module, f"{reason}"[:REASON_LENGTH]


def _changed(before: Build, after: Build) -> Mapping[str, Certificate]:
    """Certificates that a change brought."""
    known = {certificate.key for certificate in before.certificates.values()}
    return {name: each for name, each in after.certificates.items() if each.key not in known}


def _says(certificate: Certificate) -> str:
    said = "\n".join(f"line {each.line}: {each.message}" for each in certificate.errors) or certificate.detail
    return said[:REASON_LENGTH] or "It does not build."


def _layout(envelope: Envelope) -> Layout:
    return Layout(envelope.library, envelope.base_folders, envelope.helper_folders)


def _policy(envelope: Envelope) -> Policy:
    return Policy(comparator=envelope.comparator)
