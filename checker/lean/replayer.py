"""Has Lean's kernel check compiled terms again: ``python -I replayer.py LIBRARY REQUEST``.

No elaborator runs here, no option, attribute or macro of any source: constants are read from compiled modules
and handed to the kernel one by one, which regenerates constructors and recursors and compares them. It stands
alone: it is run by path in a clean interpreter, in the sandbox, and imports nothing of this package.

The request is a JSON file: ``imports`` (for each module whose constants are taken as they are, its parts),
``modules`` (for each module to be checked its parts, the most private last). It prints one JSON object,
``{"replayed": N}`` with the number of constants handed to the kernel; on any problem it exits with another code
than 0.
"""

import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

POINTER = ctypes.c_void_p
ARRAY_HEADER = 0xF6000000
CONSTANTS_FIELD = 2
QUOTIENT = 4
"""Number of `Lean.ConstantInfo`'s constructor for the kernel's quotient."""


class Lean:
    """The few of Lean's functions that are needed, by the names its compiler gave them."""

    def __init__(self, library: str) -> None:
        self.library = ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
        self.library.lean_initialize()
        self.library.lean_io_mark_end_initialization()
        self.library.lean_init_task_manager()
        self._string = self._function("lean_mk_string", ctypes.c_char_p)
        self._allocate = self._function("lean_alloc_object", ctypes.c_size_t)
        self._read = self._function("l_Lean_readModuleDataParts", POINTER)
        self._add = self._function("lean_environment_add", POINTER, POINTER)
        self._mark_quotients = self._function("lean_environment_mark_quot_init", POINTER)
        self._insert = self._function("l_Std_HashMap_insert___redArg", *[POINTER] * 5)
        self._replay = self._function("l_Lean_Kernel_Environment_replay", POINTER, POINTER)
        self._equal = POINTER.in_dll(self.library, "l_Lean_Name_instBEq").value
        self._hash = POINTER.in_dll(self.library, "l_Lean_instHashableName").value

    def _function(self, name: str, *arguments: type) -> Callable[..., int]:
        function: Any = getattr(self.library, name)
        function.restype = POINTER
        function.argtypes = arguments
        made: Callable[..., int] = function
        return made

    def empty_environment(self) -> int:
        """A kernel environment without constants."""
        made = self.result(self._function("l_Lean_mkEmptyEnvironment", ctypes.c_uint32)(0))
        return self._function("lean_elab_environment_to_kernel_env", POINTER)(made)

    def constants(self, paths: list[str]) -> list[int]:
        """The constants of a module, from the last of its parts."""
        array = self._allocate(24 + 8 * len(paths))
        ctypes.c_int32.from_address(array).value = 1
        ctypes.c_uint32.from_address(array + 4).value = ARRAY_HEADER
        for at, value in enumerate((len(paths), len(paths), *(self._string(each.encode()) for each in paths))):
            ctypes.c_uint64.from_address(array + 8 + 8 * at).value = value
        parts = self.elements(self.result(self._read(array)))
        return self.elements(field(field(parts[-1], 0), CONSTANTS_FIELD))

    def add(self, environment: int, constant: int) -> int:
        """An environment with one more constant, taken as it is."""
        return self._add(environment, constant)

    def with_quotients(self, environment: int) -> int:
        """An environment whose quotient, taken as it is, also computes: the kernel keeps that apart."""
        return self._mark_quotients(environment)

    def replay(self, environment: int, constants: list[int]) -> None:
        """Have the kernel check constants, in the order they need."""
        table = self._function("l_Std_HashMap_emptyWithCapacity___redArg", POINTER)(2 * 8 + 1)
        for constant in constants:
            name = field(field(field(constant, 0), 0), 0)
            table = self._insert(self._equal, self._hash, table, name, constant)
        self.result(self._replay(table, environment))

    def result(self, outcome: int) -> int:
        """The value of an action; on an error Lean prints it, and this process ends."""
        if ctypes.c_uint8.from_address(outcome + 7).value:
            self.library.lean_io_result_show_error.argtypes = [POINTER]
            self.library.lean_io_result_show_error(outcome)
            sys.stderr.flush()
            os._exit(1)
        return field(outcome, 0)

    def elements(self, array: int) -> list[int]:
        """The elements of an array."""
        size = ctypes.c_uint64.from_address(array + 8).value
        return [ctypes.c_uint64.from_address(array + 24 + 8 * at).value for at in range(size)]


def field(address: int, at: int) -> int:
    """An object field of a constructor object."""
    return ctypes.c_uint64.from_address(address + 8 + 8 * at).value


def tag(address: int) -> int:
    """The number of a constructor object's constructor."""
    return ctypes.c_uint8.from_address(address + 7).value


def main() -> None:
    """Do what the request says."""
    request = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    lean = Lean(sys.argv[1])
    environment, quotients = lean.empty_environment(), False
    for parts in request["imports"]:
        for constant in lean.constants(parts):
            environment = lean.add(environment, constant)
            quotients = quotients or tag(constant) == QUOTIENT
    if quotients:
        environment = lean.with_quotients(environment)
    constants = [each for parts in request["modules"] for each in lean.constants(parts)]
    lean.replay(environment, constants)
    print(json.dumps({"replayed": len(constants)}), flush=True)  # noqa: T201 - its answer
    os._exit(0)


if __name__ == "__main__":
    main()
