"""Reads the objects of compiled Lean modules (`.olean`, `.ir`) without asking Lean.

Layout, as Lean 4.35 writes it (format 2): bytes 0-4 ``olean``, 5 the format, 6 flags, 7-39 Lean's version, 40-79
its git hash, then two little-endian words: the address the file is meant to be mapped at, and that of the root
object. Objects follow from byte 96, each after everything it points to. That order is what keeps a hostile
file harmless: a pointer that does not lead backwards to the start of an object is refused, so there are no
loops, and one pass in file order sees every object once.

A module compiled with a ``module`` header has several parts (`.olean`, `.olean.server`, `.olean.private`) in one
address space; pointers of a later part may lead into an earlier one.
"""

from __future__ import annotations

import re
import sys
from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from checker.errors import UnreadableModule

if TYPE_CHECKING:
    from collections.abc import Sequence

FORMAT: Final = 2
HEADER_BYTES: Final = 96
LARGEST_PART: Final = 1 << 30
"""Bytes of a part beyond which it is not read."""

LAST_CONSTRUCTOR: Final = 244
ARRAY: Final = 246
SCALAR_ARRAY: Final = 248
STRING: Final = 249
BIG_NUMBER: Final = 250
LONGEST_NAME: Final = 8192
"""Characters of a full name; a chain of prefixes would otherwise grow with the square of the file."""
ANONYMOUS: Final = 1
"""`Lean.Name.anonymous`, and the empty list: the boxed number 0."""

_PLAIN_COMPONENT = re.compile(r"[^\W\d][^\s.«»\x00-\x1f]*")


class Object(NamedTuple):
    """One object: where it is and what its header says.

    Attributes:
        tag: the constructor's number, or one of the special tags.
        pointers: the fields that are objects: addresses, or boxed numbers (odd).
        scalars: the bytes after them.
    """

    tag: int
    pointers: tuple[int, ...]
    scalars: bytes


class Part:
    """One file of a module, checked only as far as its header.

    Attributes:
        data: the bytes.
        words: the same as 64-bit words.
        base: address of byte 0.
        end: address after the last byte.
        root: address of the root object.
        version: Lean's version and git hash.
    """

    __slots__ = ("base", "data", "end", "root", "version", "words")

    def __init__(self, data: bytes, name: str = "module") -> None:
        if len(data) < HEADER_BYTES or data[:5] != b"olean":
            raise UnreadableModule(f"{name} is no compiled Lean module; compile it again.")
        if data[5] != FORMAT:
            raise UnreadableModule(
                f"{name} is written in format {data[5]} of compiled modules, and this version reads format "
                f"{FORMAT}; use a Lean toolchain that blueprover knows."
            )
        if len(data) > LARGEST_PART or len(data) % 8:
            raise UnreadableModule(f"{name} has {len(data)} bytes, which no compiled module has.")
        words = array("Q", data)
        if sys.byteorder == "big":
            words.byteswap()
        self.data = data
        self.words = words
        self.base = words[10]
        self.root = words[11]
        self.end = self.base + len(data)
        self.version = data[7:80].replace(b"\0", b" ").decode("ascii", "replace").strip()


class Space:
    """The parts of one module as one address space, in file order.

    Raises:
        UnreadableModule: when the parts do not belong together.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self._names: dict[int, str] = {ANONYMOUS: ""}
        for before, after in zip(self.parts, self.parts[1:], strict=False):
            if before.end > after.base or before.version != after.version:
                raise UnreadableModule("The parts of a compiled module do not fit together; compile it again.")

    def place(self, address: int) -> tuple[Part, int]:
        """The part an address lies in, and the index of its word there."""
        for part in self.parts:
            if part.base + HEADER_BYTES <= address < part.end and not address & 7:
                return part, (address - part.base) >> 3
        raise UnreadableModule(f"A compiled module points outside itself, to address {address:#x}.")

    def object(self, address: int) -> Object:
        """Read the constructor object or array at an address; every field leads backwards.

        Raises:
            UnreadableModule: when there is none, or a field leads forwards.
        """
        part, at = self.place(address)
        header = part.words[at]
        tag = header >> 56
        if tag <= LAST_CONSTRUCTOR:
            count, first = (header >> 48) & 0xFF, at + 1
            end = at + ((((header >> 32) & 0xFFFF) + 7) >> 3)
        elif tag == ARRAY:
            count, first = part.words[at + 1] if at + 1 < len(part.words) else 0, at + 3
            end = first + count
        else:
            raise UnreadableModule(f"A compiled module has an object of kind {tag} where a term should be.")
        if first + count > end or end > len(part.words):
            raise UnreadableModule("An object of a compiled module runs over its end.")
        pointers = tuple(part.words[first : first + count])
        for pointer in pointers:
            if pointer >= address and not pointer & 1:
                raise UnreadableModule("An object of a compiled module points forwards.")
        return Object(tag, pointers, part.data[(first + count) * 8 : end * 8] if tag != ARRAY else b"")

    def fields(self, address: int, tag: int, count: int) -> tuple[int, ...]:
        """The object fields of the constructor object at an address.

        Raises:
            UnreadableModule: when it is another constructor, or has other fields.
        """
        found = self.object(address)
        if found.tag != tag or len(found.pointers) != count:
            raise UnreadableModule("A compiled module does not have the shape of Lean 4.35's modules.")
        return found.pointers

    def array(self, address: int) -> tuple[int, ...]:
        """The elements of the array at an address.

        Raises:
            UnreadableModule: when there is no array.
        """
        found = self.object(address)
        if found.tag != ARRAY:
            raise UnreadableModule("A compiled module has no array where one should be.")
        return found.pointers

    def list(self, address: int) -> list[int]:
        """The elements of the linked list at an address, in order."""
        items: list[int] = []
        while address != ANONYMOUS:
            head, address = self.fields(address, 1, 2)
            items.append(head)
        return items

    def raw(self, address: int) -> bytes:
        """The payload of a string or big number.

        Raises:
            UnreadableModule: when there is neither.
        """
        part, at = self.place(address)
        tag = part.words[at] >> 56
        extent = object_words(part, at)
        body = part.data[at * 8 + 8 : (at + extent) * 8]
        if tag == STRING:
            size = part.words[at + 1]
            return body[24 : 24 + size - 1]
        if tag == BIG_NUMBER:
            return body[4:8] + body[16:]
        raise UnreadableModule("A compiled module has neither text nor number where one should be.")

    def text(self, address: int) -> str:
        """The string at an address.

        Raises:
            UnreadableModule: when there is none, or it is not UTF-8.
        """
        try:
            return self.raw(address).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnreadableModule("A compiled module holds text that is not UTF-8.") from error

    def name(self, address: int) -> str:
        """The `Lean.Name` at an address, as text; different names give different texts."""
        known = self._names.get(address)
        if known is not None:
            return known
        pending: list[tuple[int, int, int]] = []
        while address not in self._names:
            found = self.object(address)
            if found.tag not in (1, 2) or len(found.pointers) != 2:  # noqa: PLR2004 - prefix and last component
                raise UnreadableModule("A compiled module has no name where one should be.")
            pending.append((address, found.tag, found.pointers[1]))
            address = found.pointers[0]
        prefix = self._names[address]
        for each, tag, last in reversed(pending):
            if tag == 1:
                component = escaped(self.text(last))
            elif last & 1:
                component = str(last >> 1)
            else:
                component = "«big»" + self.raw(last).hex()
            prefix = f"{prefix}.{component}" if prefix else component
            if len(prefix) > LONGEST_NAME:
                raise UnreadableModule(f"A compiled module has a name of over {LONGEST_NAME} characters.")
            self._names[each] = prefix
        return prefix


def escaped(component: str) -> str:
    """One component of a name, in guillemets unless it is plain, so that joining with dots loses nothing."""
    if _PLAIN_COMPONENT.fullmatch(component):
        return component
    return "«" + component.replace("»", "»»") + "»"


def object_words(part: Part, at: int) -> int:
    """How many words the object at word index ``at`` takes.

    Raises:
        UnreadableModule: when it is of an unknown kind or runs over the end of the part.
    """
    words = part.words
    header = words[at]
    tag = header >> 56
    size = 0
    if tag <= LAST_CONSTRUCTOR:
        size = (((header >> 32) & 0xFFFF) + 7) >> 3
    elif at + 2 < len(words):
        if tag == ARRAY:
            size = 3 + words[at + 1]
        elif tag == SCALAR_ARRAY:
            size = 3 + (words[at + 1] * ((header >> 48) & 0xFF) + 7 >> 3)
        elif tag == STRING:
            size = 4 + (words[at + 1] + 7 >> 3)
        elif tag == BIG_NUMBER:
            limbs = words[at + 1] >> 32
            size = 3 + min(limbs, (1 << 32) - limbs)
    if size <= 0 or at + size > len(words):
        raise UnreadableModule(f"A compiled module is damaged at byte {at * 8}; compile it again.")
    return size


class _Digests(dict[int, bytes]):
    """Digests of objects by address; boxed numbers are their own."""

    def __missing__(self, pointer: int) -> bytes:
        if not pointer & 1:
            raise UnreadableModule(f"A compiled module points to {pointer:#x}, where no earlier object starts.")
        return b"n" + pointer.to_bytes(8, "little")


def structure_digests(parts: Sequence[Part]) -> dict[int, bytes]:
    """Digest every object by what it is made of, whatever its address or its neighbours.

    Args:
        parts: of one address space, in file order.

    Returns:
        32 bytes for each object, by address (boxed numbers answer for themselves).

    Raises:
        UnreadableModule: when a part is damaged or a pointer leads anywhere but backwards to an object.
    """
    digests = _Digests()
    for part in parts:
        words, data, base = part.words, part.data, part.base
        at, end = HEADER_BYTES >> 3, len(words)
        while at < end:
            header = words[at]
            tag = header >> 56
            if tag <= LAST_CONSTRUCTOR:
                after = at + ((((header >> 32) & 0xFFFF) + 7) >> 3)
                if not at < after <= end:
                    raise UnreadableModule(f"A compiled module is damaged at byte {at * 8}; compile it again.")
                fields = at + 1 + ((header >> 48) & 0xFF)
                if fields > after:
                    raise UnreadableModule(f"A compiled module is damaged at byte {at * 8}; compile it again.")
                content = b"".join([digests[p] for p in words[at + 1 : fields]])
                content = b"c%d,%d:" % (tag, fields - at - 1) + content + data[fields * 8 : after * 8]
                digests[base + at * 8] = blake2b(content, digest_size=32).digest()
                at = after
                continue
            after = at + object_words(part, at)
            if tag == ARRAY:
                content = b"a" + b"".join([digests[p] for p in words[at + 3 : after]])
            elif tag == STRING:
                content = b"s" + data[at * 8 + 32 : at * 8 + 32 + words[at + 1]]
            elif tag == SCALAR_ARRAY:
                content = b"d%d,%d:" % ((header >> 48) & 0xFF, words[at + 1]) + data[at * 8 + 24 : after * 8]
            else:
                content = b"b" + data[at * 8 + 12 : at * 8 + 16] + data[at * 8 + 24 : after * 8]
            digests[base + at * 8] = blake2b(content, digest_size=32).digest()
            at = after
    return digests
