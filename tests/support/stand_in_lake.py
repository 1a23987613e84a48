"""A stand-in for lake, for hosts where none can be installed: behaves as lake does, as far as Blueprover drives it.

It stands alone: `stand_in_toolchain` copies it into a toolchain's ``bin``. It knows ``--version``, ``env``, ``build``,
and the judges ``comparator`` and ``check`` as far as they are handed exports of `stand_in_exporter`; projects with one
folder a library, packages in ``.lake/packages``; and it compiles with the ``lean`` beside it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(sys.argv[0]).resolve().parent.parent
LEAN = ROOT / "bin" / "lean"
BUILT = Path(".lake/build/lib/lean")
LEVELS = {"error": "error", "warning": "warning", "information": "info"}
IMPORT = re.compile(r"^(?:public )?(?:meta )?import (?:all )?(\S+)", re.MULTILINE)
PARTS = (".olean", ".olean.server", ".olean.private")


class Workspace:
    """A project in the current folder, and its packages."""

    def __init__(self) -> None:
        self.packages = [Path.cwd(), *sorted(Path.cwd().glob(".lake/packages/*"))]
        self.done: dict[str, bool] = {}
        self.failed: list[str] = []

    @staticmethod
    def libraries(package: Path) -> list[str]:
        """The names of a package's libraries, from its lakefile; it ends here when there is none."""
        for name, pattern in (
            ("lakefile.lean", r"lean_lib «?(\w+)"),
            ("lakefile.toml", r'\[\[lean_lib\]\]\nname = "(\w+)"'),
        ):
            if (package / name).is_file():
                return re.findall(pattern, (package / name).read_text())
        print(f"error: {package}: no configuration file with a supported extension", file=sys.stderr)
        sys.exit(1)

    def modules(self) -> dict[str, Path]:
        """Every module with the package it is in."""
        return {
            ".".join(file.relative_to(package).with_suffix("").parts): package
            for package in reversed(self.packages)
            for library in self.libraries(package)
            for file in (package / library).rglob("*.lean")
        }

    def build(self, targets: list[str]) -> int:
        """Build libraries and modules; print what lake prints."""
        modules = self.modules()
        for target in targets or self.libraries(Path.cwd()):
            wanted = [each for each in modules if each == target or each.split(".")[0] == target]
            if not wanted:
                print(f"error: unknown target `{target}`", file=sys.stderr)
                return 1
            for module in wanted:
                self.make(module, modules)
        if self.failed:
            print("Some required targets logged failures:", *(f"- {each}" for each in self.failed), sep="\n")
            print("error: build failed", file=sys.stderr)
            return 1
        print(f"Build completed successfully ({len(self.done)} jobs).")
        return 0

    def make(self, module: str, modules: dict[str, Path]) -> bool:
        """Compile a module after what it imports."""
        if module not in self.done:
            source = modules[module] / (module.replace(".", "/") + ".lean")
            imports = [each for each in IMPORT.findall(source.read_text()) if each in modules]
            ready = False not in {self.make(each, modules) for each in imports}
            self.done[module] = ready and self.compile(module, modules[module], source)
        return self.done[module]

    def compile(self, module: str, package: Path, source: Path) -> bool:
        """Run Lean on a module, and print its messages as lake does."""
        target = package / BUILT / (module.replace(".", "/") + ".olean")
        target.parent.mkdir(parents=True, exist_ok=True)
        setup = target.with_suffix(".setup.json")
        setup.write_text(json.dumps(self.setup(module)))
        command = [str(LEAN), "--json", f"--setup={setup}", "-o", str(target), str(source)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        messages = [json.loads(line) for line in run.stdout.splitlines()]
        place = "✖" if run.returncode else "⚠" if messages else "✔"
        print(f"{place} [{len(self.done) + 1}/{len(self.done) + 1}] Building {module}")
        for each in messages:
            at = f"{source.relative_to(Path.cwd())}:{each['pos']['line']}:{each['pos']['column']}"
            print(f"{LEVELS[each['severity']]}: {at}: {each['data']}")
        if run.returncode:
            print(f"error: Lean exited with code {run.returncode}")
            self.failed.append(module)
        return not run.returncode

    def setup(self, module: str) -> dict[str, object]:
        """What Lean is told: every module that has been built."""
        own, found = ROOT / "lib" / "lean", {}
        for each in own.rglob("*.olean"):
            name = ".".join(each.relative_to(own).with_suffix("").parts)
            found[name] = [[str(part) for part in sorted(each.parent.glob(each.name + "*"))], []]
        for name, package in self.modules().items():
            parts = [package / BUILT / (name.replace(".", "/") + part) for part in PARTS]
            if self.done.get(name):
                found[name] = [[str(each) for each in parts if each.exists()], []]
        return {
            "name": module, "package": None, "isModule": True, "importArts": found,
            "dynlibs": [], "plugins": [], "options": {},
        }  # fmt: skip


def judge(arguments: list[str]) -> int:
    """Stand for the two judges: look whether the exports hold what is asked for, or say what a test has prepared."""
    options = dict(zip(arguments[1:-1:2], arguments[2::2], strict=False))
    if arguments[-1] != "--inadvisably-no-sandbox" or (ROOT / "unable").exists():
        print("error: this judge needs what is not there", file=sys.stderr)
        return 2
    files = [options[each] for each in options if each.endswith("from-export")]
    exports = [[json.loads(line) for line in Path(file).read_text().splitlines()] for file in files]
    wanted = [each["name"] for each in exports[-1]]
    if arguments[0] == "comparator":
        config = json.loads(Path(options["--config"]).read_text())
        wanted = config["theorem_names"] + config["permitted_axioms"]
        if (ROOT / "tell").exists():
            print(f"error: {json.dumps(config)}", file=sys.stderr)
            return 1
    held = [{each["name"] for each in export if each["held"]} for export in exports]
    if (ROOT / "refuse").exists() or any(set(wanted) - each for each in held):
        print("error: theorem statement do not match", file=sys.stderr)
        return 1
    print("WARNING: Sandbox disabled, this run is not trustworthy.")
    print("Your solution is okay!")
    return 0


def main() -> int:
    """Do what the command line says."""
    arguments = [each for each in sys.argv[1:] if each != "--no-ansi" and not each.startswith("--log-level=")]
    if arguments == ["--version"]:
        print("Lake version 5.0.0-stand-in")
        return 0
    if arguments[0] in {"comparator", "check"}:
        return judge(arguments)
    workspace = Workspace()
    workspace.modules()
    if arguments[0] == "build":
        return workspace.build(arguments[1:])
    path = ":".join(str(each / BUILT) for each in workspace.packages)
    environment = {**os.environ, "LEAN_PATH": path, "LEAN_SYSROOT": str(ROOT)}
    program = str(LEAN) if arguments[1] == "lean" else arguments[1]
    return subprocess.run([program, *arguments[2:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
