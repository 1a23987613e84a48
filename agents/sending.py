"""Requests that are let go of as soon as they are answered: an answer takes minutes, and thousands may be awaited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import anthropic
import httpx2
from anthropic.lib.streaming import MessageStream
from anthropic.types import RawMessageStreamEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from agents.conversation import Conversation


def send(
    client: anthropic.Anthropic, model: str, conversation: Conversation, max_output_tokens: int
) -> MessageStream[None]:
    """Send one request; the stream of its answer, which does not know the request any more.

    The client's own stream would keep the request's JSON, a copy of all tools with it, for as long as it is read.

    Args:
        client: how; it lets go of bodies when it has `LETTING_GO`.
        model: the model's name at the service.
        conversation: what was said so far.
        max_output_tokens: the most the model may write.

    Raises:
        anthropic.AnthropicError: the service refuses the request, or cannot be reached.
    """
    answered = client.messages.with_raw_response.create(
        model=model,
        max_tokens=max_output_tokens,
        system=conversation.cached_system(),
        tools=conversation.tools,
        messages=conversation.cached_turns(),
        stream=True,
    )
    events = anthropic.Stream[RawMessageStreamEvent](
        cast_to=cast("type[RawMessageStreamEvent]", RawMessageStreamEvent),
        response=answered.http_response,
        client=client,
    )
    return MessageStream(events, output_format=anthropic.NOT_GIVEN)


class Body(httpx2.SyncByteStream):
    """What a request sends, until it is let go of.

    Args:
        data: the bytes.
    """

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data

    def __iter__(self) -> Iterator[bytes]:
        """The bytes, in one piece.

        Raises:
            httpx2.StreamConsumed: they were let go of.
        """
        if self._data is None:
            raise httpx2.StreamConsumed
        yield self._data

    def let_go(self) -> None:
        """Forget the bytes."""
        self._data = None


def hold_loosely(request: httpx2.Request) -> None:
    """Have a request whose body is known send it from where it can be let go of."""
    request.stream = Body(request.read())


def let_go(response: httpx2.Response) -> None:
    """Forget what was sent for a response, unless it says to send the same elsewhere."""
    request = response.request
    if response.has_redirect_location or not isinstance(request.stream, Body):
        return
    request.stream.let_go()
    response.request = httpx2.Request(request.method, request.url, headers=request.headers)


LETTING_GO: Mapping[str, list[Callable[..., Any]]] = {"request": [hold_loosely], "response": [let_go]}
"""The event hooks of a client that lets go of its requests."""
