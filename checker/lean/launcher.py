"""Runs Lean from its shared library: ``python -I launcher.py LIBRARY ARGUMENT...`` behaves as ``lean``.

Stands alone: it is run by path in a clean interpreter, and imports nothing of this package.
"""

import ctypes
import sys


def main() -> int:
    """Hand the command line to Lean, and answer its exit code."""
    library = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
    arguments = [b"lean", *(each.encode() for each in sys.argv[2:])]
    library.lean_main.restype = ctypes.c_int
    return int(library.lean_main(len(arguments), (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None)))


if __name__ == "__main__":
    sys.exit(main())
