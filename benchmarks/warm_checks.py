"""How much faster Lean servers answer that keep what has not changed, and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checker import WarmPool

if TYPE_CHECKING:
    from pathlib import Path

    from checker import Builder, Certificate

BOOK = "Arithmetic"
DRAFT = "Arithmetic.Logic.Draft"
MOST_BYTES = 64 << 30
FEWEST_STEPS, MOST_STEPS = 8, 24
"""How slow the slow lemmas are; one more step doubles it."""

_SLOW = """module
prelude
public import Arithmetic.Numbers.Natural
set_option maxHeartbeats 0
inductive Tally | zero | succ (n : Tally)
noncomputable def walk (n : Tally) : (Tally → Tally) → Bool :=
  Tally.rec (fun _ => Bool.true)
    (fun _ below w => Bool.rec Bool.false (below fun a => .succ (w a)) (below fun a => w (.succ a))) n
"""
"""Each further `succ` doubles what Lean computes."""
_LAST = "theorem last (p : Prop) (h : p) : p := "


def measure_warm(tree: Path, builder: Builder, theorems: int, cold_seconds: float, sessions: int) -> dict[str, float]:
    """The figures of warm checks.

    Args:
        tree: the demo book's sources, compiled by the builder.
        builder: what the pool uses.
        theorems: slow ones above the lemma that changes.
        cold_seconds: what a cold check of them must take: they are made slower until it does, however fast the machine.
        sessions: servers held at once.

    Returns:
        ``warm_cold_s`` (seconds of the cold check), ``warm_speedup`` (how many times faster the check of a changed last
        lemma is), ``warm_sessions``, and ``warm_sessions_mb`` (megabytes they hold together, shared ones counted once).
    """
    with WarmPool(builder, sessions=sessions, memory_bytes=MOST_BYTES) as pool:
        above, cold = _slow_enough(tree, builder, theorems, cold_seconds)
        return _changed_last(pool, tree, above, cold) | _held(pool, tree, sessions)


def _slow_enough(tree: Path, builder: Builder, theorems: int, seconds: float) -> tuple[str, Certificate]:
    """The text above the last proof, with lemmas slow enough, and the certificate of the cold check."""
    for steps in range(FEWEST_STEPS, MOST_STEPS):
        number = "(.succ " * steps + ".zero" + ")" * steps
        slow = [f"theorem slow{each} : Eq (walk {number} fun a => a) Bool.true := rfl\n" for each in range(theorems)]
        above = _SLOW + "".join(slow) + _LAST
        cold = builder.certify(tree, [DRAFT], {DRAFT: f"{above}h\n".encode()}).certificates[DRAFT]
        if not cold.ok:
            raise SystemExit(f"The draft to be checked does not compile: {cold.errors}")
        if cold.seconds >= seconds:
            return above, cold
    raise SystemExit(f"No draft took {seconds:g} s to check.")


def _changed_last(pool: WarmPool, tree: Path, above: str, cold: Certificate) -> dict[str, float]:
    if not pool.check(tree, DRAFT, f"{above}h\n").ok:
        raise SystemExit("A warm server does not take the draft that the cold check took.")
    changed = pool.check(tree, DRAFT, f"{above}(fun x : p => x) h\n")
    if not (changed.ok and changed.warm):
        raise SystemExit(f"The changed draft was not checked by a warm server: {changed}")
    return {"warm_cold_s": cold.seconds, "warm_speedup": cold.seconds / changed.seconds}


def _held(pool: WarmPool, tree: Path, sessions: int) -> dict[str, float]:
    """Check one chapter after another of the book as drafts, until so many servers are there."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(tree.glob(f"{BOOK}/[!BH]*/*.lean"))]
    for number in range(sessions):
        report = pool.check(tree, f"{BOOK}.Drafts.Draft{number}", texts[number % len(texts)])
        if not report.ok:
            raise SystemExit(f"A draft of the demo book does not compile: {report}")
    held = len(pool.processes())
    if held != sessions:
        raise SystemExit(f"{held} servers are there instead of {sessions}.")
    return {"warm_sessions": held, "warm_sessions_mb": pool.memory_bytes() / 1e6}
