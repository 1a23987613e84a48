"""How fast branches land: ``python -m benchmarks.landing --files N --branches M [--quick] --json``.

Figures of git, in a made-up repository of N files with M open branches whose certificates are in hand, on this machine:
    landings_per_s: landings in a second where nobody touched the same paths, in batches with compare-and-set.
    ms_per_landing_p50: milliseconds a landing takes in the median batch.
    landings_behind_per_s: the same of the last sixth of the branches, whose base is that many landings behind.
    merged_per_s, merged_behind_per_s: landings in a second where git must merge, for branches a few landings behind and
        ``landings_behind`` behind.
    cpu_ms_per_landing, cpu_ms_per_merged, cpu_ms_per_merged_behind: CPU milliseconds of this process and of git.

Figures of policy, simulated (see `benchmarks.landing_policies`): 1,200 branches arrive an hour, one in ten broken; a
build takes 60 s and 20 s for each module, on 8 builders of 8 cores:
    serial_per_h, bors_per_h, ours_per_h: landed an hour one at a time, by bisection, and by our queue.
    wait_p50_s: seconds from approval to landing in our queue, the median.
    builds_per_landing, decide_ms_p50: builds our queue runs for each landing; CPU milliseconds of its median decision.
    one_core_per_h, one_core_wait_p50_s: our queue, where each builder has one core; not with ``--quick``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.landing_git import measure_git
from benchmarks.landing_policies import measure_policies

FILES, QUICK_FILES = 6_000, 256
BRANCHES, QUICK_BRANCHES = 6_000, 128


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.landing", description="Times the merge queue.")
    parser.add_argument("--files", type=int, metavar="N", help=f"files of the repository; {FILES} by default")
    parser.add_argument(
        "--branches", type=int, metavar="M", help=f"open branches, at most one a file; {BRANCHES} by default"
    )
    parser.add_argument("--quick", action="store_true", help="smaller numbers by default: seconds instead of minutes")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    files = options.files or (QUICK_FILES if options.quick else FILES)
    branches = min(options.branches or (QUICK_BRANCHES if options.quick else BRANCHES), files)
    with tempfile.TemporaryDirectory(prefix="blueprover-landing-") as folder:
        figures = measure_git(Path(folder), files, branches)
    figures |= measure_policies(quick=options.quick)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print("\n".join(f"{name:>25}  {figure:g}" for name, figure in figures.items()))


if __name__ == "__main__":
    main()
