"""A request to the Messages API as the rehearsal sees it: checked, and read for what the script needs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from agents.rehearsal.signature import sign

_FEEDBACK = re.compile(r'^<quoted id=(\w+) what="feedback:(\w+)">$', re.MULTILINE)
_BYTES_PER_TOKEN = 4


class Invalid(Exception):
    """A request the real service would answer with status 400; the message says why."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A use of a tool and its result."""

    tool: str
    input: dict[str, Any]
    result: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A conversation so far.

    Attributes:
        model: the model asked for.
        streamed: whether the answer is to be a stream of events.
        task: the ``Name: value`` lines at the head of the first turn.
        feedback: sources of the feedback in the first turn, in order.
        exchanges: tools used so far, with their results.
        turns: how many turns there are.
        cached_tokens: tokens of all but the newest turns, which a cache would hold.
        fresh_tokens: tokens of the newest turns.
    """

    model: str
    streamed: bool
    task: dict[str, str]
    feedback: tuple[str, ...]
    exchanges: tuple[Exchange, ...]
    turns: int
    cached_tokens: int
    fresh_tokens: int


def read_request(body: bytes) -> Request:
    """Check a request as the real service would, and read it.

    Raises:
        Invalid: the real service would refuse it.
    """
    try:
        data: Any = json.loads(body)
    except ValueError as error:
        raise Invalid(f"the body is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise Invalid("the body is no JSON object")
    for name, kind in (("model", str), ("max_tokens", int), ("messages", list)):
        if not isinstance(data.get(name), kind):
            raise Invalid(f"{name}: Field required")
    turns = [(turn["role"], _blocks(turn["content"])) for turn in data["messages"]]
    if not turns or turns[0][0] != "user" or turns[-1][0] != "user":
        raise Invalid("messages: the first and the last turn must be the user's")
    opening = "".join(block.get("text", "") for block in turns[0][1])
    settled = _size(data.get("system"), data.get("tools"), data["messages"][:-2])
    return Request(
        model=data["model"],
        streamed=bool(data.get("stream")),
        task=_head(opening),
        feedback=tuple(match[2] for match in _FEEDBACK.finditer(opening)),
        exchanges=_exchanges(turns),
        turns=len(turns),
        cached_tokens=settled if len(turns) > 1 else 0,
        fresh_tokens=_size(data["messages"][-2:]) + (0 if len(turns) > 1 else settled),
    )


def _blocks(content: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _head(text: str) -> dict[str, str]:
    head: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(": ")
        if not colon:
            break
        head[name] = value
    return head


def _exchanges(turns: list[tuple[str, list[dict[str, Any]]]]) -> tuple[Exchange, ...]:
    """Pair every use of a tool with its result, as strictly as the real service does."""
    found: list[Exchange] = []
    open_calls: dict[str, dict[str, Any]] = {}
    for role, blocks in turns:
        if role == "assistant":
            if open_calls:
                raise Invalid("messages: `tool_use` without a `tool_result` right after it")
            _check_thinking(blocks)
            open_calls = {block["id"]: block for block in blocks if block["type"] == "tool_use"}
            continue
        for block in blocks:
            if block["type"] == "tool_result":
                call = open_calls.pop(block["tool_use_id"], None)
                if call is None:
                    raise Invalid(f"messages: no `tool_use` for the result {block['tool_use_id']}")
                text = "".join(part.get("text", "") for part in _blocks(block.get("content", "")))
                found.append(Exchange(call["name"], call["input"], text, bool(block.get("is_error"))))
        if open_calls:
            raise Invalid(f"messages: `tool_use` ids without a result: {', '.join(open_calls)}")
    return tuple(found)


def _check_thinking(blocks: list[dict[str, Any]]) -> None:
    for block in blocks:
        if block["type"] == "thinking" and block.get("signature") != sign(block["thinking"]):
            raise Invalid("messages: `thinking` blocks must be sent back as they came")


def _size(*parts: Any) -> int:
    return len(json.dumps(parts, ensure_ascii=False).encode(errors="replace")) // _BYTES_PER_TOKEN
