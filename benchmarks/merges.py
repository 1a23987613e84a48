"""How fast conflicts are solved by structure: ``python -m benchmarks.merges [--quick] --json``.

Pairs of versions of made-up Lean files in which lines conflict and declarations do not: both sides add a lemma at the
same place, prove neighbouring one-liners, and import something. Each is merged once; nothing is remembered in between.

Figures, each as an object of ``value``, ``bound`` and ``ok``:
    merges: pairs that were merged without a conflict: all 1,000 (with ``--quick``, 50).
    merges_s: seconds for all of them.
    merge_ms_p50: milliseconds for one, the median.
    large_ms: milliseconds for a file of 1,000 declarations.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time

from checker.source.merge import merge_sources

FULL, QUICK = 1_000, 50
LARGE = 1_000
BOUNDS = {"merges_s": 10.0, "merge_ms_p50": 10.0, "large_ms": 2_000.0}

Three = tuple[bytes, bytes, bytes]


def main() -> int:
    """Measure and print; a bound that is missed is told, and no failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fifty pairs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    count = QUICK if options.quick else FULL
    measured = measure(count)
    bounds = {"merges": float(count), **BOUNDS}
    figures = {
        name: {
            "value": value,
            "bound": bounds[name],
            "ok": value == count if name == "merges" else value <= bounds[name],
        }
        for name, value in measured.items()
    }
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, figure in figures.items():
            print(f"{name:>12}  {figure['value']:g} (bound {figure['bound']:g})")
    return 0


def measure(count: int) -> dict[str, float]:
    """All figures, for so many pairs."""
    chance = random.Random(count)
    pairs = [conflicting(chance, chance.randrange(4, 24)) for _ in range(count)]
    times, clean = [], 0
    for pair in pairs:
        start = time.perf_counter()
        clean += merge_sources(*pair).clean
        times.append(time.perf_counter() - start)
    large = conflicting(chance, LARGE)
    start = time.perf_counter()
    merge_sources(*large)
    large_s = time.perf_counter() - start
    found = {
        "merges": clean,
        "merges_s": sum(times),
        "merge_ms_p50": statistics.median(times) * 1000,
        "large_ms": large_s * 1000,
    }
    return {name: round(value, 4) for name, value in found.items()}


def conflicting(chance: random.Random, size: int) -> Three:
    """Three versions of a file of so many theorems, which lines cannot join."""
    at = chance.randrange(size - 1)
    base = source(size, {}, "", 0)
    return base, source(size, {at: "rfl"}, "ours", at), source(size, {at + 1: "rfl"}, "theirs", at)


def source(size: int, proofs: dict[int, str], side: str, at: int) -> bytes:
    """A version: some theorems proved; for a side, also an import, and a lemma behind one of the theorems."""
    lines = [
        "module",
        "public import Book.Nodes.Add",
        *([f"import Book.Of.{side}"] if side else []),
        "",
        "namespace Book",
        "",
    ]
    for number in range(size):
        lines.append(f"theorem t{number} (n m : Num) : Eq (add n m) (add n m) := {proofs.get(number, 'sorry')}")
        if side and number == at:
            lines += ["", f"/-- A lemma of {side}. -/", f"theorem {side} (n : Num) : Eq n n := by", "  exact rfl", ""]
    return "\n".join([*lines, "", "end Book", ""]).encode()


if __name__ == "__main__":
    raise SystemExit(main())
