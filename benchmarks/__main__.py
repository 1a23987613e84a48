"""Runs benchmarks: `python -m benchmarks [--quick] [NAME …]`, all of them by default.

Each runs in a process of its own, so that one does not warm or crowd the next. Prints one JSON object: figures by name
of benchmark. What goes on is told on standard error. Exits with 1 when a benchmark failed; the others still count.
"""

from __future__ import annotations

import argparse
import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import benchmarks

FOLDER = Path(__file__).resolve().parent


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that are asked for; the exit code."""
    names = benchmark_names()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Runs benchmarks; prints JSON.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names)}; all by default")
    parser.add_argument("--quick", action="store_true", help="smaller inputs: seconds instead of minutes")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names))
    if unknown:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names)}")
    figures = {name: run(name, quick=options.quick) for name in options.names or names}
    print(json.dumps(figures, indent=2, ensure_ascii=False))
    return 1 if any(figures[name] is None for name in figures) else 0


def benchmark_names() -> list[str]:
    """Modules of this package that define `main`, this one left out."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(name for name in found if name != "__main__" and _has_main(FOLDER / f"{name}.py"))


def _has_main(file: Path) -> bool:
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    return any(isinstance(each, ast.FunctionDef) and each.name == "main" for each in tree.body)


def run(name: str, *, quick: bool) -> Any:
    """The figures of one benchmark; `None` when it fails, in which case it has said why on standard error."""
    print(f"{name} …", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *(["--quick"] if quick else []), "--json"]
    ended = subprocess.run(command, cwd=FOLDER.parent, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        print(f"{name} failed with exit code {ended.returncode}", file=sys.stderr)
        return None
    return json.loads(ended.stdout)


if __name__ == "__main__":
    sys.exit(main())
