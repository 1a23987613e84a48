"""How fast branches land: ``python -m benchmarks.landing --files N --branches M [--quick] --json``.

A made-up repository of N files with M open branches, whose certificates are in hand, on this machine.

Figures:
    landings_per_s: landings in a second where nobody touched the same paths, in batches with compare-and-set.
    ms_per_landing_p50: milliseconds a landing takes in the median batch.
    landings_behind_per_s: the same of the last sixth of the branches, whose base is that many landings behind.
    merged_per_s, merged_behind_per_s: landings in a second where git must merge, for branches a few landings behind and
        ``landings_behind`` behind.
    cpu_ms_per_landing, cpu_ms_per_merged, cpu_ms_per_merged_behind: CPU milliseconds of this process and of git.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from benchmarks.landing_git import measure_git

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
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        print("\n".join(f"{name:>25}  {figure:g}" for name, figure in figures.items()))


if __name__ == "__main__":
    main()
