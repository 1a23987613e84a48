"""Addresses that links may lead to."""

from __future__ import annotations

_SAFE_SCHEMES = ("https:", "http:", "mailto:")


def safe_address(address: str) -> str:
    """Return an address that a link may lead to, the empty string for any that could run script.

    Allowed are web and mail addresses and those within the site: a path or a fragment without a scheme.
    """
    address = "".join(character for character in address if character.isprintable()).strip()
    lowered = address.lower()
    if lowered.startswith(_SAFE_SCHEMES):
        return address
    head = lowered.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return "" if ":" in head or "&" in head or lowered.startswith(("//", "\\")) else address
