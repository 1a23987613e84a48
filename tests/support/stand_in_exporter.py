"""A stand-in for Lean's exporter: tells of each name whether the module asked for, or one beside it, holds its text.

It stands alone: `give_judges` copies it into a toolchain's ``bin``. It finds modules as the real one does, by
``LEAN_PATH`` and in the toolchain's own library.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(sys.argv[0]).resolve().parent.parent


def main() -> int:
    """Write the export."""
    module, dashes, *names = sys.argv[1:]
    folders = [*map(Path, os.environ["LEAN_PATH"].split(":")), ROOT / "lib" / "lean"]
    if dashes != "--" or not any((folder / (module.replace(".", "/") + ".olean")).is_file() for folder in folders):
        print(f"unknown module prefix '{module}'", file=sys.stderr)
        return 1
    content = [file.read_bytes() for folder in folders for file in sorted(folder.rglob("*.olean*"))]
    for name in names:
        held = any(name.split(".")[-1].encode() in each for each in content)
        print(json.dumps({"name": name, "held": held}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
