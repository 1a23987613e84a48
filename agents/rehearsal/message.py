"""A scripted answer, written out as one JSON object or as a stream of events, as the Messages API would."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agents.rehearsal.signature import sign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agents.rehearsal.request import Request

_PIECE = 120
_BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Action:
    """What the script does next: words said aloud, and one use of a tool.

    Attributes:
        words: said to the person who reads the record.
        tool: name of the tool; empty for words alone.
        input: its input.
        stop_reason: why the message ends, in the API's word.
    """

    words: str
    tool: str = ""
    input: dict[str, Any] = field(default_factory=dict)
    stop_reason: str = "tool_use"


def message(request: Request, action: Action) -> dict[str, Any]:
    """The answer as one JSON object, ids included, the same for the same request and action."""
    seed = json.dumps([request.task, request.turns, action.tool, action.input], sort_keys=True)
    digest = hashlib.sha256(seed.encode()).hexdigest()[:24]
    thinking = f"Turn {request.turns}: {action.words}"
    content: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": thinking, "signature": sign(thinking)},
        {"type": "text", "text": action.words},
    ]
    if action.tool:
        content.append({"type": "tool_use", "id": f"toolu_{digest}", "name": action.tool, "input": action.input})
    return {
        "id": f"msg_{digest}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": action.stop_reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": 0,
            "cache_read_input_tokens": request.cached_tokens,
            "cache_creation_input_tokens": request.fresh_tokens,
            "output_tokens": len(json.dumps(content)) // _BYTES_PER_TOKEN,
        },
    }


def events(answer: dict[str, Any]) -> Iterator[bytes]:
    """The same answer as server-sent events, its blocks in small pieces."""
    opening = {**answer, "content": [], "stop_reason": None, "usage": {**answer["usage"], "output_tokens": 1}}
    yield _event("message_start", message=opening)
    yield _event("ping")
    for index, block in enumerate(answer["content"]):
        yield from _block(index, block)
    yield _event(
        "message_delta",
        delta={"stop_reason": answer["stop_reason"], "stop_sequence": None},
        usage={"output_tokens": answer["usage"]["output_tokens"]},
    )
    yield _event("message_stop")


def _block(index: int, block: dict[str, Any]) -> Iterator[bytes]:
    match block["type"]:
        case "thinking":
            empty: dict[str, Any] = {"thinking": "", "signature": ""}
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in _pieces(block["thinking"])]
            deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "text":
            empty = {"text": ""}
            deltas = [{"type": "text_delta", "text": piece} for piece in _pieces(block["text"])]
        case _:
            empty = {"input": {}}
            text = json.dumps(block["input"], ensure_ascii=False)
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in _pieces(text)]
    yield _event("content_block_start", index=index, content_block={**block, **empty})
    for delta in deltas:
        yield _event("content_block_delta", index=index, delta=delta)
    yield _event("content_block_stop", index=index)


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def _event(kind: str, **data: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **data})}\n\n".encode()
