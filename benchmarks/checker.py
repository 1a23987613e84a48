"""How fast Lean's work is done, found again and read: ``python -m benchmarks.checker [--quick] --json``.

A tree of 6,000 small modules is made up (with ``--quick``, of 120) and compiled, each module by a Lean of its own in
the sandbox; that takes some minutes and is no figure. Then, each in a fresh process:

Figures, each as an object of ``value``, ``bound`` and ``ok``:
    modules: how many there are.
    noop_s: seconds to build them when nothing is stale: sources read, headers, keys, certificates read and checked.
    noop_again_s: the same by a builder that has done it before.
    graph_s: seconds to read all headers and put the modules in order.
    graph_again_s: the same after one changed file, by a process that has done it before.
    recompiled: modules that are compiled after a proof was changed on which all other modules rest; must be 1.
    olean_mb_per_s: megabytes of compiled modules read in a second: those of the demo project.
    certificate_ms: milliseconds to look a certificate up that is not in memory, on average.
    warm_cold_s: seconds of a cold check of a file with slow lemmas, which are made slower until it takes at least 3
        (with ``--quick`` less).
    warm_speedup: how many times faster a warm server checks that file when its last lemma has changed.
    warm_sessions: servers held at once, each with a draft of the demo book: 200 (with ``--quick`` 8).
    warm_sessions_mb: megabytes they hold together, shared pages divided among those who map them.

Bounds are for 6,000 modules. ``olean_mb_per_s``, ``warm_cold_s`` and ``warm_speedup`` must reach theirs;
``recompiled``, ``modules`` and ``warm_sessions`` must equal it; the others must keep below.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.many_modules import OTHER_PROOF, module_path, module_source, write_modules
from benchmarks.warm_checks import measure_warm
from checker import Builder, CertificateStore, Sandbox, SandboxMissing, find_lean
from checker.build.compilation import INDEX
from checker.errors import SandboxFailed
from checker.kernel.compiled import read_compiled
from checker.source.tree import SourceTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from checker import Build

FULL, QUICK = 6_000, 120
SESSIONS, QUICK_SESSIONS = 200, 8
COLD_SECONDS, QUICK_COLD_SECONDS = 3.0, 0.0
"""What a cold check of the file with slow lemmas must take at least."""
SLOW_LEMMAS = 4
DEMO = Path(__file__).resolve().parent.parent / "lean_project"
REPEAT = 3

BOUNDS: dict[str, float] = {
    "noop_s": 2,
    "noop_again_s": 1,
    "graph_s": 1,
    "graph_again_s": 0.5,
    "recompiled": 1,
    "olean_mb_per_s": 5,
    "certificate_ms": 1,
    "warm_cold_s": 3,
    "warm_speedup": 5,
    "warm_sessions_mb": 6_000,
}
"""What each figure must not exceed, must reach, or must be."""


def main() -> int:
    """Measure and print; a bound that is missed is told, and no failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a hundred and twenty modules")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    counts = {
        "modules": QUICK if options.quick else FULL,
        "warm_sessions": QUICK_SESSIONS if options.quick else SESSIONS,
    }
    bounds = {**counts, **BOUNDS}
    with tempfile.TemporaryDirectory() as place:
        measured = measure(Path(place), counts["modules"])
        measured |= measure_servers(
            Path(place), counts["warm_sessions"], QUICK_COLD_SECONDS if options.quick else COLD_SECONDS
        )
    figures = {name: {"value": value, "bound": bounds[name], "ok": is_within(name, value, bounds[name])}
               for name, value in measured.items()}  # fmt: skip
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, figure in figures.items():
            print(f"{name:>16}  {figure['value']:g} (bound {figure['bound']:g})")
    return 0


def is_within(name: str, value: float, bound: float) -> bool:
    """Whether a figure keeps its bound."""
    if name in {"recompiled", "modules", "warm_sessions"}:
        return value == bound
    return value >= bound if name in {"olean_mb_per_s", "warm_cold_s", "warm_speedup"} else value <= bound


def measure(place: Path, count: int) -> dict[str, float]:
    """All figures, of a tree of so many modules that is made up and compiled first."""
    tree, store = place / "tree", place / "store"
    write_modules(tree, count)
    compiled = len(build_all(tree, store).compiled)
    found: dict[str, float] = {"modules": compiled}
    found |= in_fresh_process(measure_noop, tree, store)
    found |= in_fresh_process(measure_graph, tree, store)
    found |= in_fresh_process(measure_lookup, tree, store)
    found |= in_fresh_process(measure_change, tree, store)
    build_all(DEMO, store)
    found |= in_fresh_process(measure_reading, DEMO, store)
    return {name: round(value, 4) for name, value in found.items()}


def measure_servers(place: Path, sessions: int, cold_seconds: float) -> dict[str, float]:
    """The figures of warm checks, with the demo book, which was compiled before."""
    builder = make_builder(place / "store")
    try:
        found = measure_warm(DEMO, builder, SLOW_LEMMAS, cold_seconds, sessions)
    finally:
        builder.close()
    return {name: round(value, 4) for name, value in found.items()}


def in_fresh_process(work: Callable[[Path, Path], dict[str, float]], tree: Path, store: Path) -> dict[str, float]:
    """Run work in a process that has neither read a source nor a certificate yet."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        return processes.submit(work, tree, store).result()


def make_builder(store: Path) -> Builder:
    """A builder with the sandbox there is; where bubblewrap does not run, with none: the modules are our own."""
    try:
        sandbox = Sandbox.bubblewrap()
    except (SandboxFailed, SandboxMissing):
        sandbox = Sandbox.none()
    return Builder(find_lean(), sandbox, CertificateStore(store))


def build_all(tree: Path, store: Path) -> Build:
    """Build a tree, which must succeed."""
    builder = make_builder(store)
    try:
        built = builder.certify(tree)
    finally:
        builder.close()
    if not built.ok:
        raise SystemExit(f"{len(built.failures)} modules of {tree} do not compile; the first is {min(built.failures)}.")
    return built


def measure_noop(tree: Path, store: Path) -> dict[str, float]:
    """The figures of a build in which nothing is stale."""
    builder = make_builder(store)
    first, first_s = timed(lambda: builder.certify(tree))
    again, again_s = timed(lambda: builder.certify(tree), REPEAT)
    if first.compiled or again.compiled:
        raise SystemExit("A build that should have found everything compiled something.")
    return {"noop_s": first_s, "noop_again_s": again_s}


def measure_graph(tree: Path, _store: Path) -> dict[str, float]:
    """The figures of the module graph."""
    count, first_s = timed(lambda: read_graph(tree))
    changed = module_path(tree, count // 2)
    before = changed.read_bytes()
    changed.write_text(module_source(count // 3), encoding="utf-8")
    try:
        _, again_s = timed(lambda: read_graph(tree))
    finally:
        changed.write_bytes(before)
    return {"graph_s": first_s, "graph_again_s": again_s}


def read_graph(tree: Path) -> int:
    """Read all headers and order the modules; how many there are."""
    sources = SourceTree(tree)
    return len(sources.order(sources.names()).modules)


def measure_lookup(tree: Path, store: Path) -> dict[str, float]:
    """The figure of certificates looked up by key."""
    keys = [certificate.key for certificate in make_builder(store).certify(tree).certificates.values()]
    fresh = CertificateStore(store)
    _, seconds = timed(lambda: [fresh.get(key) for key in keys])
    return {"certificate_ms": seconds * 1000 / len(keys)}


def measure_change(tree: Path, store: Path) -> dict[str, float]:
    """The figure of one changed proof: that of the first module, on which all others rest."""
    module_path(tree, 0).write_text(module_source(0, OTHER_PROOF), encoding="utf-8")
    return {"recompiled": len(build_all(tree, store).compiled)}


def measure_reading(tree: Path, store: Path) -> dict[str, float]:
    """The figure of reading compiled modules."""
    kept = make_builder(store).store
    contents = [
        {suffix: kept.artefact(digest).read_bytes() for suffix, digest in certificate.artefacts.items()}
        for certificate in build_all(tree, store).certificates.values()
    ]
    modules = [{suffix: data for suffix, data in each.items() if suffix != INDEX} for each in contents]
    size = sum(len(data) for each in modules for data in each.values())
    _, seconds = timed(lambda: [read_compiled(each) for each in modules], REPEAT)
    return {"olean_mb_per_s": size / 1e6 / seconds}


def timed(work: Callable[[], Any], repeat: int = 1) -> tuple[Any, float]:
    """Return what work returns, and the least of its times in seconds."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - start)
    return result, best


if __name__ == "__main__":
    raise SystemExit(main())
