"""Whether a file that an agent wrote is plain text that means what it looks like."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from checker.gate.judgement import Code, Reason

if TYPE_CHECKING:
    from checker.gate.change import Policy

_MISLEADING: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f"  # controls, but tab and line ends
    "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen, or turning
    "\U000e0000-\U000e007f]"
)
_LONE_RETURN: Final = re.compile(r"\r(?!\n)")


def content_reasons(path: str, data: bytes, policy: Policy) -> list[Reason]:
    """What is wrong with a file's bytes.

    Args:
        path: for the reasons.
        data: the bytes.
        policy: how large it may be.
    """
    if len(data) > policy.file_bytes:
        return [Reason(Code.FILE, f"It has over {policy.file_bytes} bytes.", path)]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [Reason(Code.FILE, f"It is not UTF-8 (byte {error.start}).", path)]
    reasons = []
    misleading = _MISLEADING.search(text)
    if misleading:
        name = f"U+{ord(misleading.group()):04X}"
        line = text.count("\n", 0, misleading.start()) + 1
        reasons.append(Reason(Code.FILE, f"It holds the invisible character {name}.", path, line))
    lone = _LONE_RETURN.search(text)
    if lone:
        line = text.count("\n", 0, lone.start()) + 1
        reasons.append(Reason(Code.FILE, "Its lines end in a lone carriage return.", path, line))
    return reasons
