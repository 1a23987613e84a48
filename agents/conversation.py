"""What is said to a model and what it answers, in the words of the Messages API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from anthropic.types import ContentBlockParam, MessageParam, TextBlockParam, ToolParam

_CACHED: Any = {"type": "ephemeral"}


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One use of a tool: the service's id for it, the tool's name, its input as JSON."""

    id: str
    name: str
    input: Any


@dataclass(frozen=True, slots=True)
class ToolResult:
    """The answer to one use of a tool; ``failed`` tells the model that it went wrong."""

    call_id: str
    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered.

    Attributes:
        content: the blocks as they came; they must be sent back unchanged (thinking is signed).
        text: what it said aloud.
        calls: the tools it wants used, in order.
        stop_reason: why it stopped, in the API's word.
    """

    content: tuple[dict[str, Any], ...]
    text: str
    calls: tuple[ToolCall, ...]
    stop_reason: str


@dataclass(slots=True)
class Conversation:
    """A system prompt, tools, and the turns so far, beginning and ending with the user's."""

    system: str
    tools: tuple[ToolParam, ...]
    turns: list[MessageParam] = field(default_factory=list)

    def ask(self, text: str) -> None:
        """Add a turn of the user."""
        self.turns.append({"role": "user", "content": [{"type": "text", "text": text}]})

    def take(self, reply: Reply) -> None:
        """Add the model's turn; an empty one is left out, for the service refuses those."""
        if reply.content:
            content = cast("list[ContentBlockParam]", list(reply.content))
            self.turns.append({"role": "assistant", "content": content})

    def answer(self, results: list[ToolResult]) -> None:
        """Add the results of the tools that the last turn asked for."""
        blocks: list[ContentBlockParam] = [
            {
                "type": "tool_result",
                "tool_use_id": result.call_id,
                "content": result.text,
                "is_error": result.failed,
            }
            for result in results
        ]
        self.turns.append({"role": "user", "content": blocks})

    def cached_system(self) -> list[TextBlockParam]:
        """The system prompt, marked so that it and the tools before it are kept in the prompt cache."""
        return [{"type": "text", "text": self.system, "cache_control": _CACHED}]

    def cached_turns(self) -> list[MessageParam]:
        """The turns, the last one marked so that the next call reads everything up to it from the cache."""
        if not self.turns:
            return []
        *earlier, last = self.turns
        *before, final = cast("list[dict[str, Any]]", last["content"])
        blocks = cast("list[ContentBlockParam]", [*before, {**final, "cache_control": _CACHED}])
        return [*earlier, {"role": "user", "content": blocks}]
